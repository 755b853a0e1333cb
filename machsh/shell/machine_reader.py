"""Reads the machines for the shell's menus, in the background and with its own Machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.machine.records import phase
from machsh.shell.machine_cache import MachineSummary

if TYPE_CHECKING:
    from machsh.machine.machines import Machines


class MachineReader:
    """Reads names and states. `make` is called on first use, so that start-up stays fast."""

    def __init__(self, make: Callable[[], Machines]) -> None:
        self._make = make
        self._machines: Machines | None = None

    @property
    def machines(self) -> Machines:
        """The Machines that it reads from; use it from one thread at a time."""
        if self._machines is None:
            self._machines = self._make()
        return self._machines

    def names(self) -> Sequence[MachineSummary]:
        """Return every machine with its driver, from the store alone."""
        return [self._line(name) for name in self.machines.names()]

    def look(self, seconds: float) -> Sequence[MachineSummary]:
        """Return every machine with its state; asks all of them in parallel, for at most `seconds`."""
        lines = []
        for row in self.machines.survey(seconds=seconds):
            address = row.url.partition("://")[2].rpartition(":")[0]
            known = self._line(row.name)
            lines.append(
                replace(
                    known,
                    driver=row.driver_name,
                    state=row.state.value,
                    address=address,
                    labels=row.labels,
                )
            )
        return lines

    def _line(self, name: str) -> MachineSummary:
        from machsh.machine.renewal.expiry_warning import (
            expiry_warning,  # late: this is read when the shell starts
        )

        try:
            machine = self.machines.get(name)
        except MachshError:
            return MachineSummary(name, state="Error")
        record, now = machine.record, self.machines.environment.now()
        return MachineSummary(
            name,
            record.driver_name,
            is_protected=record.machsh.protected,
            is_unfinished=record.machsh.phase != phase.DONE,
            cluster=record.machsh.cluster,
            warning=expiry_warning(machine, now),
        )
