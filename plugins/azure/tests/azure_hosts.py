"""Hosts of the stand-in's machines, on which Azure's agent has made the user."""

import subprocess

from machsh.testing.fake_cloud.lab_hosts import LabHosts

USER = "docker-user"
WELCOME = f"""
useradd -m -s /bin/sh {USER}
echo '{USER} ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/{USER}
mv /root/.ssh /home/{USER}/.ssh
chown -R {USER}: /home/{USER}
"""
"""What Azure's agent does at a first boot: the user with the key, who may become root. root has no key."""


class AzureHosts(LabHosts):
    def create(self, name, keys, user_data=""):
        container = super().create(name, keys, user_data)
        subprocess.run(
            ["docker", "exec", "-i", container, "sh", "-e"], input=WELCOME, text=True, check=True, timeout=60
        )
        return container
