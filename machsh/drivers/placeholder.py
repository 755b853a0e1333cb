"""Stands in for a driver that is not installed: its machine is listed and kept, nothing else works."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from machsh.drivers.driver import Driver, DriverContext, DriverRecord, State
from machsh.errors import MachshError
from machsh.options import Values
from machsh.ssh.target import Target


class PlaceholderRecord(DriverRecord):
    """Keeps the stored `Driver` object as it is: whoever wrote it will want it back."""

    stored: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """What was stored, key for key."""
        return dict(self.stored)


class Placeholder(Driver):
    """A driver that only says that it is missing; the texts are docker-machine's."""

    name = "not-found"
    record_type = PlaceholderRecord
    capabilities = frozenset()
    loses = "machsh's record of the machine; its host stays as it is"

    missing: str = ""
    """Name of the driver that it stands for."""

    @classmethod
    def standing_for(cls, name: str, stored: dict[str, Any], context: DriverContext) -> Self:
        """Make the stand-in for driver `name` with the stored `Driver` object."""
        record = PlaceholderRecord(
            machine_name=str(stored.get("MachineName", "")), store_path=str(stored.get("StorePath", ""))
        )
        record.stored = stored
        driver = cls(record, context)
        driver.missing = name
        return driver

    def _refuse(self) -> NoReturn:
        raise MachshError(
            f'Driver "{self.missing}" not found. Do you have the plugin binary accessible in your PATH?',
            hint=f"install the driver, or forget the machine and keep its host: "
            f"machsh rm -f {self.record.machine_name}",
        )

    def configure(self, values: Values) -> None:
        """Refuse."""
        self._refuse()

    def pre_create_check(self) -> None:
        """Refuse."""
        self._refuse()

    def create(self) -> None:
        """Refuse."""
        self._refuse()

    def start(self) -> None:
        """Refuse."""
        self._refuse()

    def stop(self) -> None:
        """Refuse."""
        self._refuse()

    def kill(self) -> None:
        """Refuse."""
        self._refuse()

    def restart(self) -> None:
        """Refuse."""
        self._refuse()

    def remove(self) -> None:
        """Refuse: the host may well exist, and only `rm -f` forgets it knowingly."""
        self._refuse()

    def state(self) -> State:
        """Refuse; lists show the machine as Error."""
        self._refuse()

    def ip(self) -> str:
        """Refuse."""
        self._refuse()

    def url(self) -> str:
        """Refuse."""
        self._refuse()

    def known_url(self) -> str:
        """Nothing is known."""
        return ""

    def ssh_target(self) -> Target | None:
        """Refuse."""
        self._refuse()
