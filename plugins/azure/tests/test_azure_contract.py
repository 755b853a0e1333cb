"""The driver keeps what every driver must."""

import socket

import pytest
from machsh_azure.driver import AzureDriver

from machsh.testing.driver_contract import DriverContract
from plugins.azure.tests.azure_trials import OPEN, variables


class TestAzure(DriverContract):
    driver_type = AzureDriver
    seconds = 30.0

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        with socket.create_server(("127.0.0.1", 0)) as self.listener:
            self.cloud = cloud
            yield

    def prepare(self, folder):
        return {**OPEN, "azure-endpoint": self.cloud.url}

    def new_driver(self, folder, values=None):
        driver = super().new_driver(folder, values)
        driver.record.ssh_port = self.listener.getsockname()[1]
        return driver

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables |= variables(self.cloud)
        return context
