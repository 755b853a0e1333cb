"""Renames machines. A machine keeps running, and is always reachable under one of its names."""

from __future__ import annotations

from collections.abc import Callable

from machsh.drivers.capabilities import Capability
from machsh.errors import MachineExistsError, MachshError, RefusedError
from machsh.machine.context import MachineContext
from machsh.machine.machine import Machine
from machsh.machine.naming import check_name
from machsh.machine.records import phase

LOCK_SECONDS = 10.0

Moved = Callable[[str, str], object]
"""Called with the former and the new name of a machine, perhaps more than once."""


def rename(former: str, name: str, context: MachineContext, moved: Moved) -> Machine:
    """Rename a machine: its folder, its record with all paths, its host, and what refers to it.

    `moved` as in `finish`. Raises RefusedError, or another MachshError, if nothing was changed. What must
    wait, for instance because the engine does not answer, is a warning; the next command on the machine
    completes it.
    """
    store = context.store
    check_name(name, "Error renaming machine: ")
    with store.lock(former, LOCK_SECONDS) as lock:
        machine = Machine(store.load(former), context)
        try:
            _check(machine, name)
        finally:
            machine.close()
        context.progress.step(f'Renaming "{former}" to "{name}"...')
        store.rename(former, name, lock)
        machine = Machine(store.load(name), context)
        machine.lock = lock
        finish(machine, moved)
    return machine


def _check(machine: Machine, name: str) -> None:
    if name == machine.name:  # as a name in use, the remedy would be to remove the machine
        raise RefusedError(f'"{name}" is the name of the machine already', hint="give another name")
    if machine.context.store.exists(name):
        raise MachineExistsError(name)
    if machine.record.machsh.former_name:
        raise RefusedError(
            f'"{machine.name}" was renamed, and its host does not know its new name yet',
            hint=f"go on with that first: machsh provision {machine.name}",
        )
    if unfinished := phase.describe(machine.record.machsh.phase, machine.name):
        raise RefusedError(f'"{machine.name}" cannot be renamed: {unfinished}')
    driver = machine.driver
    if not driver.has(Capability.RENAMES):
        raise RefusedError(
            f'The driver of "{machine.name}", {machine.record.driver_name}, cannot rename its machines',
            hint="its hosts are found by the machine's name, or by paths that hold it",
        )
    driver.check_rename(name)


def finish(machine: Machine, moved: Moved) -> None:
    """Propagate a machine's new name. The caller holds the machine's lock.

    `moved` updates references from outside the store, such as docker contexts. Does nothing for a machine
    that was not renamed. Failures are warnings, and the next call starts again.
    """
    former = machine.record.machsh.former_name
    if not former:
        return
    moved(former, machine.name)
    try:
        if machine.driver.has(Capability.RENAMES):
            machine.driver.rename_host()
            machine.save()
        _tell_others(former, machine)
    except MachshError as error:
        machine.progress.warning(
            f'The host of "{machine.name}" keeps the name that it has for now: {error}\n'
            f"The next command that works on it tries again, for example: machsh provision {machine.name}"
        )
        return
    machine.record.machsh.former_name = ""
    machine.save()


def _tell_others(former: str, machine: Machine) -> None:
    """Change the records that refer to the machine, such as those of hosts on its engine."""
    store = machine.context.store
    for name in store.names():
        if name == machine.name:
            continue
        try:
            _tell(name, former, machine)
        except MachshError as error:
            machine.progress.debug(f"{name}: {error}")


def _tell(name: str, former: str, machine: Machine) -> None:
    store = machine.context.store
    if former not in store.load(name).driver.values():
        return
    with store.change(name) as record:
        other = Machine(record, machine.context)
        try:
            other.driver.follow_rename(former, machine.name)
            other.up_to_date_record()
        finally:
            other.close()
