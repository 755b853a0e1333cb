"""A removal keeps what every cloud's must."""

import pytest

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.digitalocean.tests.do_drivers import new_driver, stored
from plugins.digitalocean.tests.fake_digitalocean import refused

CODES = {403: "forbidden", 404: "not_found", 409: "conflict", 429: "too_many_requests", 500: "server_error"}


class TestDigitalOceanRemoval(RemovalMatrix):
    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return refused(status, CODES[status], "bad turn").answer
