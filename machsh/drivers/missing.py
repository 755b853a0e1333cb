"""Stand-in for a driver that is missing or broken: its machines can be listed and forgotten, nothing else."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from machsh.drivers.driver import Driver, DriverContext, DriverRecord
from machsh.errors import MachshError


class MissingDriverRecord(DriverRecord):
    """Keeps the stored `Driver` object unchanged, for when the driver is available again."""

    stored: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the stored object unchanged."""
        return dict(self.stored)


class MissingDriver(Driver):
    """A driver whose methods raise `refusal`; lists show its machines with state Error."""

    name = "not-found"
    record_type = MissingDriverRecord
    capabilities = frozenset()
    loses = "machsh's record of the machine; its host stays as it is"

    refusal: MachshError

    @classmethod
    def standing_for(cls, stored: dict[str, Any], context: DriverContext, refusal: MachshError) -> Self:
        """Create the stand-in from the stored `Driver` object; almost every call raises `refusal`."""
        record = MissingDriverRecord(
            machine_name=str(stored.get("MachineName", "")), store_path=str(stored.get("StorePath", ""))
        )
        record.stored = stored
        driver = cls(record, context)
        driver.refusal = refusal
        forget = f"forget the machine and keep its host: machsh rm -f {record.machine_name}"
        driver.refusal.hint += f", or {forget}"
        return driver

    def _refuse(self, *values: object, **named: object) -> NoReturn:
        raise self.refusal

    configure = pre_create_check = _refuse
    create = start = stop = kill = restart = remove = state = _refuse
    ip = url = ssh_target = listening_port = _refuse

    def known_url(self) -> str:
        """Return "": the URL is unknown."""
        return ""
