"""Stands in for a driver that is not installed: its machine is still listed, inspected and forgotten."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from machsh.drivers.driver import Driver, DriverContext, DriverRecord, State
from machsh.errors import MachshError
from machsh.options import Values


class MissingDriver(Driver):
    """Every call fails with docker-machine's text."""

    name: ClassVar[str] = "not-found"

    def __init__(self, record: DriverRecord, context: DriverContext, wanted: str) -> None:
        super().__init__(record, context)
        self.wanted = wanted

    def _fail(self) -> NoReturn:
        raise MachshError(
            f'Driver "{self.wanted}" not found. Do you have the plugin binary accessible in your PATH?',
            hint=f"install the driver, or forget the machine: machsh rm -f {self.record.machine_name}",
        )

    def configure(self, values: Values) -> None:
        """Fail."""
        self._fail()

    def create(self) -> None:
        """Fail."""
        self._fail()

    def start(self) -> None:
        """Fail."""
        self._fail()

    def stop(self) -> None:
        """Fail."""
        self._fail()

    def kill(self) -> None:
        """Fail."""
        self._fail()

    def restart(self) -> None:
        """Fail."""
        self._fail()

    def remove(self) -> None:
        """Fail."""
        self._fail()

    def state(self) -> State:
        """Fail."""
        self._fail()

    def ip(self) -> str:
        """Fail."""
        self._fail()
