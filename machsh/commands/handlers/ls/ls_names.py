"""`ls -q`: prints names only, and queries no more than the filters need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from machsh.commands.handlers.ls.ls_filters import Filters
from machsh.drivers.capabilities import own_name
from machsh.errors import FOREIGN, MachshError

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


def candidates(machines: Machines, filters: Filters) -> list[str] | None:
    """Return the names of the machines that have to be asked for a filtered list; None for all of them.

    A driver of a cloud takes long to ask, which a list without its machines must not wait for.
    """
    if filters.keys <= {"state"}:
        return None
    found: list[str] = []
    loaded: list[tuple[MachineRecord, str]] = []
    for name in machines.names():
        try:
            machine = machines.get(name)
            loaded.append((machine.record, _kind(machine) if "driver" in filters.keys else ""))
        except FOREIGN:
            found.append(name)  # its row tells the error
    rows = _from_records([record for record, _ in loaded])
    if any(record.swarm.discovery for record, _ in loaded):
        return None  # a row needs the name of its classic swarm's master
    with_kinds = (
        replace(row, driver_name=kind or row.driver_name) for row, (_, kind) in zip(rows, loaded, strict=True)
    )
    return found + [row.name for row in with_kinds if filters.may_match(row)]


def _kind(machine: Machine) -> str:
    """Return the name of the driver in use, if it is another than the record's: one that is missing."""
    name = machine.driver.name
    return "" if name == own_name(machine.record.driver_name) else name


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
