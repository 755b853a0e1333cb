"""A whole life on servers that are real hosts: from `create` to a working engine, to `rm`."""

import pytest

from plugins.openstack.tests.fake_keystone import PASSWORD
from plugins.openstack.tests.fake_openstack import FakeOpenStack
from tests.support.cloud_life import OPEN_TO, CloudLife, cloud_of_hosts

pytestmark = pytest.mark.live
OPTIONS = (
    *("--openstack-open-to", OPEN_TO),
    *("--openstack-ssh-user", "root"),
    *("--openstack-floatingip-pool", "public"),
)


def test_a_server_lives_from_create_to_rm(tmp_path):
    with cloud_of_hosts(FakeOpenStack) as cloud:
        life = CloudLife(tmp_path, "openstack", cloud.variables, [PASSWORD], *OPTIONS)
        assert "m1.small, Ubuntu 24.04" in life.planned()
        assert cloud.left == []
        address = life.create()
        (floating,) = cloud.things["floatingips"].values()
        assert address == floating["floating_ip_address"]
        life.live()
        life.remove()
        assert cloud.left == []
        assert cloud.bill.has_ended
