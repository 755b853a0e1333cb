"""The driver keeps what every driver must."""

import socket

import pytest
from machsh_hetzner.driver import HetznerDriver

from machsh.testing.driver_contract import DriverContract
from plugins.hetzner.tests.fake_hetzner import FakeHetzner


class TestHetzner(DriverContract):
    driver_type = HetznerDriver
    seconds = 30.0

    @pytest.fixture(autouse=True)
    def _cloud(self):
        with FakeHetzner() as self.cloud, socket.create_server(("127.0.0.1", 0)) as self.listener:
            yield

    def prepare(self, folder):
        return {
            "hetzner-endpoint": self.cloud.url,
            "hetzner-open-to": ["192.0.2.1/32"],
            "hetzner-ssh-port": self.listener.getsockname()[1],
            "hetzner-wait-on-polling": 0,
        }

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables |= {"HCLOUD_TOKEN": self.cloud.token, "HCLOUD_ENDPOINT": self.cloud.url}
        return context
