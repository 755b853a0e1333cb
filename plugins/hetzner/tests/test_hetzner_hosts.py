"""A whole life on servers that are real hosts: from `create` to a working engine, to `rm`."""

import pytest

from plugins.hetzner.tests.fake_hetzner import FakeHetzner
from tests.support.cloud_life import OPEN_TO, CloudLife, cloud_of_hosts

pytestmark = pytest.mark.live


def test_a_server_lives_from_create_to_rm(tmp_path):
    with cloud_of_hosts(FakeHetzner) as cloud:
        variables = {"HCLOUD_TOKEN": cloud.token, "HCLOUD_ENDPOINT": cloud.url}
        options = ("--hetzner-open-to", OPEN_TO, "--hetzner-wait-on-polling", "0")
        life = CloudLife(tmp_path, "hetzner", variables, [cloud.token], *options)
        assert "cx22, ubuntu-24.04" in life.planned()
        assert cloud.left == []
        address = life.create()
        (server,) = cloud.things["servers"].values()
        assert address == server["public_net"]["ipv4"]["ip"]
        life.live()
        life.remove()
        assert cloud.left == []
        assert cloud.bill.has_ended
