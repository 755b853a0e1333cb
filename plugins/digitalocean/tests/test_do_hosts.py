"""A whole life by the program itself, on droplets that are real hosts: from `create` to a working engine, to `rm`."""

import json

import pytest

from machsh.testing.fake_cloud.lab_hosts import LabHosts, lab_image
from plugins.digitalocean.tests.fake_digitalocean import FakeDigitalOcean
from tests.support.processes import run

pytestmark = pytest.mark.live


@pytest.fixture
def cloud():
    hosts = LabHosts(lab_image())
    try:
        with FakeDigitalOcean(hosts) as fake:
            yield fake
    finally:
        hosts.close()


def test_a_droplet_lives_from_create_to_rm(cloud, tmp_path):
    variables = {"DIGITALOCEAN_ACCESS_TOKEN": cloud.token, "DIGITALOCEAN_API_URL": cloud.url}

    def machsh(*words):
        code, out, err = run(tmp_path, *words, variables=variables)
        assert code == 0, out + err
        assert cloud.token not in out + err
        return out

    options = ("--digitalocean-open-to", "192.0.2.0/24")
    assert "s-1vcpu-1gb, ubuntu-24-04-x64, nyc3" in machsh(
        "create", "-d", "digitalocean", *options, "--dry-run", "web"
    )
    assert cloud.left == []
    machsh("create", "-d", "digitalocean", *options, "web")
    (droplet,) = cloud.things["droplets"].values()
    store = tmp_path / ".docker" / "machine" / "machines" / "web"
    known = (store / "known_hosts").read_text().split()
    assert known[:2] == [droplet["networks"]["v4"][0]["ip_address"], "ssh-ed25519"]
    assert cloud.token not in (store / "config.json").read_text()
    assert "Running" in machsh("ls")
    version = machsh("--machine", "web", "-c", "docker version --format '{{json .Server.Os}}'")
    assert json.loads(version) == "linux"
    machsh("stop", "web")
    assert machsh("status", "web").strip() == "Stopped"
    machsh("start", "web")
    machsh("restart", "web")
    machsh("ssh", "web", "true")
    machsh("rm", "-y", "web")
    assert cloud.left == []
    assert cloud.bill.has_ended
    told = run(tmp_path, "orphans", "-d", "digitalocean", variables=variables)
    assert "Nothing is left over" in "".join(told[1:])
