"""Asks a driver for the states of all its machines in one call, where the driver can answer that."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

from machsh.drivers.driver import Driver, State
from machsh.errors import FOREIGN, MachshError
from machsh.machine.errors import reason
from machsh.machine.machine import Machine


class StateBatch:
    """The states of one driver's machines. The first thread that needs one asks; the others wait for it."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        self._states: Mapping[str, State] | None = None
        self._guard = threading.Lock()

    def state_of(self, machine: Machine) -> State | None:
        """Return the machine's state; None if the machine must be asked on its own. Never raises."""
        with self._guard:
            if self._states is None:
                self._states = self._ask(machine)
        return self._states.get(machine.name)

    def _ask(self, machine: Machine) -> Mapping[str, State]:
        try:
            states = dict(type(machine.driver).states(list(self._drivers())))
        except FOREIGN as error:  # the driver may be a plugin; each machine then reports its own error
            machine.progress.debug(f"states of {machine.record.driver_name}: {reason(error)}")
            return {}
        return {name: state for name, state in states.items() if isinstance(state, State)}

    def _drivers(self) -> Iterator[Driver]:
        for machine in self._machines:
            try:
                yield machine.driver
            except MachshError:
                continue  # a broken record, which its own query reports


def batches(machines: Sequence[Machine]) -> dict[str, StateBatch]:
    """Return driver's name -> the batch of its machines."""
    by_driver: dict[str, list[Machine]] = {}
    for machine in machines:
        by_driver.setdefault(machine.record.driver_name, []).append(machine)
    return {name: StateBatch(members) for name, members in by_driver.items()}
