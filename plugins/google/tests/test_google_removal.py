"""A removal keeps what every cloud's must."""

import pytest

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.google.tests.fake_google_project import refused
from plugins.google.tests.google_drivers import ready, stored

REASONS = {403: "forbidden", 404: "notFound", 409: "conflict", 429: "rateLimitExceeded", 500: "backendError"}


class TestGoogleRemoval(RemovalMatrix):
    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def made(self, folder, name):
        driver = ready(self.cloud, folder, name=name, open_port=["80"], extra_disk=["20"])
        driver.create()
        driver.context.keep()
        return driver

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return refused(status, REASONS[status], "bad turn").answer
