"""The driver keeps what every driver must."""

import socket

import pytest
from machsh_google.driver import GoogleDriver

from machsh.testing.driver_contract import DriverContract
from plugins.google.tests.fake_google import FakeGoogle
from plugins.google.tests.fake_google_project import PROJECT


class TestGoogle(DriverContract):
    driver_type = GoogleDriver
    seconds = 30.0

    @pytest.fixture(autouse=True)
    def _cloud(self):
        with FakeGoogle() as self.cloud, socket.create_server(("127.0.0.1", 0)) as self.listener:
            yield

    def prepare(self, folder):
        return {
            "google-endpoint": self.cloud.url,
            "google-project": PROJECT,
            "google-open-to": ["192.0.2.1/32"],
            "google-machine-type": "",
        }

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables |= {
            "CLOUDSDK_AUTH_ACCESS_TOKEN": self.cloud.token,
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": self.cloud.url,
            "GOOGLE_PROJECT": PROJECT,
        }
        return context

    def new_driver(self, folder, values=None):
        driver = super().new_driver(folder, values)
        driver.record.ssh_port = self.listener.getsockname()[1]  # at Google it is always 22
        return driver
