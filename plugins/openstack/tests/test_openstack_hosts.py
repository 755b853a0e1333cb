"""A whole life by the program itself, on servers that are real hosts: from `create` to a working engine, to `rm`."""

import json

import pytest

from machsh.testing.fake_cloud.lab_hosts import LabHosts, lab_image
from plugins.openstack.tests.fake_keystone import PASSWORD
from plugins.openstack.tests.fake_openstack import FakeOpenStack
from tests.support.processes import run

pytestmark = pytest.mark.live


@pytest.fixture
def lab():
    hosts = LabHosts(lab_image())
    try:
        with FakeOpenStack(hosts) as fake:
            yield fake
    finally:
        hosts.close()


def test_a_server_lives_from_create_to_rm(lab, tmp_path):
    def machsh(*words):
        code, out, err = run(tmp_path, *words, variables=lab.variables)
        assert code == 0, out + err
        assert PASSWORD not in out + err
        return out

    options = (
        "--openstack-open-to",
        "192.0.2.0/24",
        "--openstack-ssh-user",
        "root",
        "--openstack-floatingip-pool",
        "public",
    )
    assert "m1.small, Ubuntu 24.04" in machsh("create", "-d", "openstack", *options, "--dry-run", "web")
    assert lab.left == []
    machsh("create", "-d", "openstack", *options, "web")
    store = tmp_path / ".docker" / "machine" / "machines" / "web"
    (address,) = [one["floating_ip_address"] for one in lab.things["floatingips"].values()]
    assert (store / "known_hosts").read_text().split()[:2] == [address, "ssh-ed25519"]
    assert PASSWORD not in (store / "config.json").read_text()
    assert "Running" in machsh("ls")
    system = machsh("--machine", "web", "-c", "docker version --format '{{json .Server.Os}}'")
    assert json.loads(system) == "linux"
    machsh("stop", "web")
    assert machsh("status", "web").strip() == "Stopped"
    machsh("start", "web")
    machsh("restart", "web")
    machsh("ssh", "web", "true")
    machsh("rm", "-y", "web")
    assert lab.left == []
    assert lab.bill.has_ended
    assert "Nothing is left over" in "".join(
        run(tmp_path, "orphans", "-d", "openstack", variables=lab.variables)[1:]
    )
