"""A removal keeps what every cloud's must."""

import pytest

from machsh.testing.fake_cloud.cloud_server import CloudAnswer
from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.hetzner.tests.drivers import new_driver, stored
from plugins.hetzner.tests.fake_hetzner import FakeHetzner

CODES = {403: "forbidden", 404: "not_found", 409: "conflict", 429: "rate_limit_exceeded", 500: "server_error"}


class TestHetznerRemoval(RemovalMatrix):
    @pytest.fixture(autouse=True)
    def _cloud(self, monkeypatch):
        monkeypatch.setattr("machsh_hetzner.hetzner_resources.PAUSE", 0.01)
        with FakeHetzner() as self.cloud:
            yield

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name, auto_spread=True)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return CloudAnswer({"error": {"code": CODES[status], "message": "bad turn"}}, status)
