"""A removal keeps what every cloud's must."""

import pytest

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.openstack.tests.fake_keystone import nova
from plugins.openstack.tests.openstack_drivers import new_driver, stored

WORDS = {
    403: "forbidden",
    404: "itemNotFound",
    409: "conflictingRequest",
    429: "overLimit",
    500: "computeFault",
}


class TestOpenStackRemoval(RemovalMatrix):
    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name, floatingip_pool="public", volume_size=20)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return nova(status, WORDS[status], "bad turn").answer
