"""A whole life by the program itself, on machines that are real hosts: from `create` to a working engine, to `rm`."""

import json
import subprocess

import pytest

from machsh.testing.fake_cloud.lab_hosts import LabHosts, lab_image
from plugins.azure.tests.azure_trials import variables
from plugins.azure.tests.fake_azure import FakeAzure
from tests.support.processes import run

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


@pytest.fixture
def cloud():
    hosts = AzureHosts(lab_image())
    try:
        with FakeAzure(hosts) as fake:
            yield fake
    finally:
        hosts.close()


def test_a_machine_lives_from_create_to_rm(cloud, tmp_path):
    environment = variables(cloud)

    def machsh(*words):
        code, out, err = run(tmp_path, *words, variables=environment)
        assert code == 0, out + err
        assert cloud.token not in out + err
        return out

    options = ("--azure-open-to", "192.0.2.0/24")
    assert "Standard_B2ls_v2" in machsh("create", "-d", "azure", *options, "--dry-run", "web")
    assert cloud.left == []
    machsh("create", "-d", "azure", *options, "web")
    store = tmp_path / ".docker" / "machine" / "machines" / "web"
    known = (store / "known_hosts").read_text().split()
    assert known[:2] == [
        cloud._look(cloud.named("publicIPAddresses")["id"])["properties"]["ipAddress"],
        "ssh-ed25519",
    ]
    assert cloud.token not in (store / "config.json").read_text()
    assert "Running" in machsh("ls")
    shown = machsh("--machine", "web", "-c", "docker version --format '{{json .Server.Os}}'")
    assert json.loads(shown) == "linux"
    machsh("stop", "web")
    assert machsh("status", "web").strip() == "Stopped"
    machsh("start", "web")
    machsh("restart", "web")
    assert machsh("ssh", "web", "id -un").strip() == USER
    machsh("rm", "-y", "web")
    assert cloud.left == []
    assert cloud.bill.has_ended
    assert "Nothing is left over" in "".join(
        run(tmp_path, "orphans", "-d", "azure", variables=environment)[1:]
    )
