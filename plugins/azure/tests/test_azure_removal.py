"""A removal keeps what every cloud's must."""

import pytest

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.azure.tests.azure_trials import new_driver, stored
from plugins.azure.tests.fake_azure_shop import refused

CODES = {403: "AuthorizationFailed", 404: "ResourceNotFound", 409: "Conflict", 429: "TooManyRequests", 500: "InternalServerError"}  # fmt: skip


class TestAzureRemoval(RemovalMatrix):
    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return refused(status, CODES[status], "bad turn").answer
