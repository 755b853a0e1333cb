"""A whole life on droplets that are real hosts: from `create` to a working engine, to `rm`."""

import pytest

from plugins.digitalocean.tests.fake_digitalocean import FakeDigitalOcean
from tests.support.cloud_life import OPEN_TO, CloudLife, cloud_of_hosts

pytestmark = pytest.mark.live


def test_a_droplet_lives_from_create_to_rm(tmp_path):
    with cloud_of_hosts(FakeDigitalOcean) as cloud:
        variables = {"DIGITALOCEAN_ACCESS_TOKEN": cloud.token, "DIGITALOCEAN_API_URL": cloud.url}
        life = CloudLife(
            tmp_path, "digitalocean", variables, [cloud.token], "--digitalocean-open-to", OPEN_TO
        )
        assert "s-1vcpu-1gb, ubuntu-24-04-x64, nyc3" in life.planned()
        assert cloud.left == []
        address = life.create()
        (droplet,) = cloud.things["droplets"].values()
        assert address == droplet["networks"]["v4"][0]["ip_address"]
        life.live()
        life.remove()
        assert cloud.left == []
        assert cloud.bill.has_ended
