import os
import socket

import pytest

from machsh.drivers import registry
from machsh.plugin.catalog import Catalog
from machsh.testing.driver_contract import DriverContract
from machsh.testing.fakes import FakeEnvironment, ScriptedAsk
from tests.support.go_programs import driver_program


@pytest.fixture
def listener():
    """Stands for a host's sshd: the driver only looks whether something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


class TestDriverProgram(DriverContract):
    """A driver in Go, as docker-machine's, keeps the contract like any other."""

    seconds = 20.0

    @pytest.fixture(autouse=True)
    def program(self, request, tmp_path, listener):
        (tmp_path / "bin").mkdir(mode=0o700)
        driver_program(tmp_path / "bin")
        self.made = []
        environment = self.environment(tmp_path)
        kind = registry.find("trial", Catalog(environment), ask=ScriptedAsk([True]))
        request.cls.driver_type = kind
        port = listener.getsockname()[1]
        request.cls.values = {"trial-ip-address": "127.0.0.1", "trial-ssh-port": port}
        yield
        for driver in self.made:
            driver.close()

    def environment(self, folder):
        environment = FakeEnvironment(folder)
        environment.take("PATH", f"{folder}/bin{os.pathsep}/usr/bin")
        return environment

    def context(self, folder):
        context = super().context(folder)
        context.environment = self.environment(folder)
        return context

    def new_driver(self, folder, values=None):
        self.made.append(super().new_driver(folder, values))
        return self.made[-1]

    def again(self, driver):
        self.made.append(super().again(driver))
        return self.made[-1]
