"""Real QEMU with a guest that has no system: it has booted when it prints its line, as it has no sshd to greet.

The shutdown that it does not hear ends, as for any hung guest, with the machine switched off. Guests with a
system are in tests/live/vm.
"""

import os

import pytest

from machsh.drivers.guest import boot_watch
from machsh.drivers.guest.serial_log import CONSOLE
from machsh.drivers.qemu.driver import QemuDriver
from machsh.testing.driver_contract import DriverContract
from tests.support import dead_guest

pytestmark = pytest.mark.live


class TestQemu(DriverContract):
    driver_type = QemuDriver
    machine = "contract-qemu"
    values = {"qemu-memory": 256, "qemu-cpu-count": 1, "qemu-accelerator": "tcg"}
    seconds = 20.0

    @pytest.fixture(autouse=True)
    def greeting(self, monkeypatch, tmp_path):
        console = tmp_path / "store" / "machines" / self.machine / CONSOLE
        monkeypatch.setattr(boot_watch, "greets", lambda *_: dead_guest.TEXT in console.read_text())

    def prepare(self, folder):
        return {"qemu-image": str(dead_guest.write_disk(folder / "dead.raw"))}

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables["PATH"] = os.environ["PATH"]
        return context
