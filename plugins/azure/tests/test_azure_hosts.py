"""A whole life on machines that are real hosts: from `create` to a working engine, to `rm`."""

import subprocess

import pytest

from machsh.testing.fake_cloud.lab_hosts import LabHosts
from plugins.azure.tests.azure_trials import variables
from plugins.azure.tests.fake_azure import FakeAzure
from tests.support.cloud_life import OPEN_TO, CloudLife, cloud_of_hosts

pytestmark = pytest.mark.live

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


def test_a_machine_lives_from_create_to_rm(tmp_path):
    with cloud_of_hosts(FakeAzure, AzureHosts) as cloud:
        life = CloudLife(tmp_path, "azure", variables(cloud), [cloud.token], "--azure-open-to", OPEN_TO)
        assert "Standard_B2ls_v2" in life.planned()
        assert cloud.left == []
        address = life.create()
        public = cloud._look(cloud.named("publicIPAddresses")["id"])
        assert address == public["properties"]["ipAddress"]
        life.live(USER)
        life.remove()
        assert cloud.left == []
        assert cloud.bill.has_ended
