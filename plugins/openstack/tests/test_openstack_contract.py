"""The driver keeps what every driver must."""

import socket

import pytest
from machsh_openstack.driver import OpenStackDriver

from machsh.testing.driver_contract import DriverContract


class TestOpenStack(DriverContract):
    driver_type = OpenStackDriver
    seconds = 30.0

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        with socket.create_server(("127.0.0.1", 0)) as self.listener:
            self.cloud = cloud
            yield

    def prepare(self, folder):
        return {
            "openstack-auth-url": self.cloud.auth_url,
            "openstack-username": "demo",
            "openstack-password": self.cloud.variables["OS_PASSWORD"],
            "openstack-tenant-name": "lab",
            "openstack-open-to": ["192.0.2.1/32"],
            "openstack-ssh-port": self.listener.getsockname()[1],
        }

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables |= self.cloud.variables
        return context
