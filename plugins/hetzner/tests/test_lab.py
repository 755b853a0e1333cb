"""A whole life by the program itself, on servers that are real hosts: from `create` to a working engine, to `rm`."""

import json

import pytest

from machsh.testing.fake_cloud.lab_hosts import LabHosts, lab_image
from plugins.hetzner.tests.fake_hetzner import FakeHetzner
from tests.support.processes import run

pytestmark = pytest.mark.live


@pytest.fixture
def cloud():
    hosts = LabHosts(lab_image())
    try:
        with FakeHetzner(hosts) as fake:
            yield fake
    finally:
        hosts.close()


def test_a_server_lives_from_create_to_rm(cloud, tmp_path):
    variables = {"HCLOUD_TOKEN": cloud.token, "HCLOUD_ENDPOINT": cloud.url}

    def machsh(*words):
        code, out, err = run(tmp_path, *words, variables=variables)
        assert code == 0, out + err
        assert cloud.token not in out + err
        return out

    options = ("--hetzner-open-to", "192.0.2.0/24", "--hetzner-wait-on-polling", "0")
    assert "cx22, ubuntu-24.04" in machsh("create", "-d", "hetzner", *options, "--dry-run", "web")
    assert cloud.left == []
    machsh("create", "-d", "hetzner", *options, "web")
    (server,) = cloud.things["servers"].values()
    store = tmp_path / ".docker" / "machine" / "machines" / "web"
    known = (store / "known_hosts").read_text().split()
    assert known[:2] == [server["public_net"]["ipv4"]["ip"], "ssh-ed25519"]
    assert cloud.token not in (store / "config.json").read_text()
    assert "Running" in machsh("ls")
    assert (
        json.loads(machsh("--machine", "web", "-c", "docker version --format '{{json .Server.Os}}'"))
        == "linux"
    )
    machsh("stop", "web")
    assert machsh("status", "web").strip() == "Stopped"
    machsh("start", "web")
    machsh("restart", "web")
    machsh("ssh", "web", "true")
    machsh("rm", "-y", "web")
    assert cloud.left == []
    assert cloud.bill.has_ended
    assert "Nothing is left over" in "".join(
        run(tmp_path, "orphans", "-d", "hetzner", variables=variables)[1:]
    )
