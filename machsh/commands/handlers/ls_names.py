"""`ls -q`: prints names only, and queries no more than the filters need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from machsh.commands.handlers.ls_filters import Filters
from machsh.errors import MachshError

if TYPE_CHECKING:
    from machsh.drivers.driver import State
    from machsh.machine.machine import Machine
    from machsh.machine.machines import Machines
    from machsh.machine.records.record import MachineRecord
    from machsh.machine.status import MachineStatus


def names(machines: Machines, filters: Filters, seconds: float) -> list[str]:
    """Return the matching names in the store's order, without machines whose record is broken.

    Only a filter for states queries the machines, for at most `seconds`.
    """
    loaded = []
    for name in machines.names():
        try:
            loaded.append(machines.get(name))
        except MachshError:
            continue
    if not filters.keys:
        return [machine.name for machine in loaded]
    return [row.name for row in _rows(loaded, filters, seconds) if filters.match(row)]


def _rows(loaded: list[Machine], filters: Filters, seconds: float) -> list[MachineStatus]:
    rows = _from_records([machine.record for machine in loaded])
    if "state" not in filters.keys:
        return rows
    from machsh.drivers.driver import State
    from machsh.machine.parallel import run_all
    from machsh.machine.state_batch import batches

    asked = batches(loaded)

    def asking(machine: Machine) -> Callable[[], State]:
        return lambda: asked[machine.record.driver_name].state_of(machine) or machine.state()

    outcomes = run_all([asking(machine) for machine in loaded], max(seconds, 0.001))
    return [
        replace(row, state=outcome.value or (State.TIMEOUT if outcome.is_late else State.ERROR))
        for row, outcome in zip(rows, outcomes, strict=True)
    ]


def _from_records(records: list[MachineRecord]) -> list[MachineStatus]:
    from machsh.machine.status import MachineStatus, master_of, masters

    names_of_masters = masters(records)
    return [
        MachineStatus(
            record.name,
            record.driver_name,
            swarm=master_of(record.swarm, names_of_masters),
            labels=tuple(record.engine.labels or ()),
        )
        for record in records
    ]
