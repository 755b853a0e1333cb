"""The driver keeps what every driver must."""

import socket

import pytest
from machsh_digitalocean.driver import DigitalOceanDriver

from machsh.testing.driver_contract import DriverContract


class TestDigitalOcean(DriverContract):
    driver_type = DigitalOceanDriver
    seconds = 30.0

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud
        with socket.create_server(("127.0.0.1", 0)) as self.listener:
            yield

    def prepare(self, folder):
        return {
            "digitalocean-endpoint": self.cloud.url,
            "digitalocean-open-to": ["192.0.2.1/32"],
            "digitalocean-ssh-port": self.listener.getsockname()[1],
        }

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables |= {
            "DIGITALOCEAN_ACCESS_TOKEN": self.cloud.token,
            "DIGITALOCEAN_API_URL": self.cloud.url,
        }
        return context
