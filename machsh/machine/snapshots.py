"""Snapshots of machines: what is checked before the driver is asked, and what follows a restore."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from machsh.drivers.capabilities import Capability
from machsh.drivers.capability_calls import HostSnapshot
from machsh.drivers.driver import State
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.machine.contact.engine_check import check_patiently
from machsh.machine.contact.readiness import wait_for_state
from machsh.machine.machine import Machine
from machsh.machine.power import come_up

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
RUNNING_NOTE = "it runs: its memory is saved, too, and stands still meanwhile"


def check_supported(machine: Machine) -> None:
    """Raise RefusedError if the machine's driver has no snapshots."""
    driver = machine.driver
    if not driver.has(Capability.SNAPSHOTS):
        raise RefusedError(
            f'The driver of "{machine.name}", {machine.record.driver_name}, has no snapshots',
            hint="virtual machines have them: machsh create -d qemu NAME makes one",
        )


def list_snapshots(machine: Machine) -> list[HostSnapshot]:
    """Return the snapshots, the oldest first. Raises RefusedError if the driver has none."""
    check_supported(machine)
    return machine.driver.snapshots()


def save_snapshot(machine: Machine, name: str) -> str:
    """Save a snapshot and return its name; by default that is the time.

    Raises UsageError for an invalid name, MachshError for one that exists.
    """
    name = name or _time_name(machine)
    _check_name(name)
    if any(one.name == name for one in list_snapshots(machine)):
        raise MachshError(
            f'"{machine.name}" has a snapshot "{name}" already',
            hint=f"choose another name, or delete it: machsh snapshot {machine.name} --delete {name}",
        )
    note = f" ({RUNNING_NOTE})" if machine.state() is State.RUNNING else ""
    machine.progress.step(f'Saving snapshot "{name}" of "{machine.name}"{note}...')
    machine.driver.save_snapshot(name)
    return name


def _time_name(machine: Machine) -> str:
    now = datetime.fromtimestamp(machine.context.environment.now(), UTC)
    return now.strftime("%Y-%m-%dT%H-%M-%S")


def _check_name(name: str) -> None:
    """Raise UsageError; programs that take a name or a number would take digits for a number."""
    if not _NAME.fullmatch(name) or name.isdigit():
        raise UsageError(
            f"{name!r} cannot be the name of a snapshot",
            hint="use at most 64 letters, digits, dots, dashes and underscores, beginning with a letter "
            "or digit, and not digits alone",
        )


def find_snapshot(machine: Machine, name: str) -> HostSnapshot:
    """Return the snapshot of this name. Raises MachshError, with the names that there are in the hint."""
    from machsh.suggest import did_you_mean

    found = list_snapshots(machine)
    for snapshot in found:
        if snapshot.name == name:
            return snapshot
    names = [snapshot.name for snapshot in found]
    known = f"there are {', '.join(names)}" if names else f"save one: machsh snapshot {machine.name}"
    raise MachshError(
        f'"{machine.name}" has no snapshot "{name}"', hint=f"{did_you_mean(name, names)} {known}".strip()
    )


def restore_snapshot(machine: Machine, name: str) -> None:
    """Put the machine back to a snapshot; if it was running, wait until its engine answers again."""
    find_snapshot(machine, name)
    was_running = machine.state() is State.RUNNING
    machine.progress.step(f'Restoring "{machine.name}" to snapshot "{name}"...')
    try:
        machine.driver.restore_snapshot(name)
    finally:
        machine.close()
    if not was_running:
        return
    wait_for_state(machine, State.RUNNING)
    come_up(machine)
    if machine.driver.has(Capability.PROVISIONS):
        _check_engine(machine)


def _check_engine(machine: Machine) -> None:
    """Warn if the engine is not reached: the snapshot may have certificates that were renewed since."""
    try:
        check_patiently(machine)
    except MachshError as error:
        machine.progress.debug(str(error))
        machine.progress.warning(
            f'The engine of "{machine.name}" does not accept the machine\'s certificates, which may be newer '
            f"than the snapshot: machsh provision {machine.name}"
        )


def delete_snapshot(machine: Machine, name: str) -> None:
    """Delete a snapshot; the machine's state stays as it is."""
    find_snapshot(machine, name)
    machine.progress.step(f'Deleting snapshot "{name}" of "{machine.name}"...')
    machine.driver.delete_snapshot(name)
