import socket

import pytest

from machsh.drivers.generic import GenericDriver
from machsh.ssh.keys import make_key_pair
from machsh.testing.driver_contract import DriverContract


@pytest.fixture
def listener():
    """Stands for a host's sshd: the driver only looks whether something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


class TestGeneric(DriverContract):
    driver_type = GenericDriver
    values = {"generic-ip-address": "127.0.0.1"}
    makes_hosts = False
    moves_hosts = False
    seconds = 5.0

    @pytest.fixture(autouse=True)
    def host(self, listener):
        self.port = listener.getsockname()[1]

    def prepare(self, folder):
        key = folder / "key1"
        make_key_pair(key)
        return {"generic-ssh-key": str(key), "generic-ssh-port": self.port}
