"""Removes a machine from the store and leaves its host as it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from machsh.drivers.capabilities import Capability
from machsh.errors import FOREIGN, MachshError, RefusedError
from machsh.humanize import byte_size
from machsh.machine.context import MachineContext
from machsh.machine.errors import reason
from machsh.machine.machine import Machine
from machsh.machine.records import phase

LOCK_SECONDS = 10.0
MOST_BYTES = 4 << 20
"""A larger file in a machine's folder may be the host's disk, not a key, certificate or record."""


@dataclass(frozen=True, slots=True)
class Parting:
    """What remains, and what is deleted, when the store forgets a machine."""

    name: str
    remains: tuple[str, ...]
    """A line for each thing that remains."""
    keys: tuple[str, ...]
    """File names of the private keys that are deleted with the machine's folder."""


def examine(name: str, context: MachineContext) -> Parting:
    """Return what forgetting a machine would leave behind; the host is not contacted.

    Raises RefusedError for a machine whose disks would go with its folder, MachineNotFoundError.
    """
    folder = context.store.machine_folder(name)
    machine = _loaded(name, context)
    if machine is not None and machine.driver.has(Capability.IN_FOLDER):
        raise _refusal(name, f"its disks lie in the machine's folder, {folder}")
    if large := _large_file(folder):
        raise _refusal(name, f"{large} is in the machine's folder, and may be its disk")
    keys = tuple(sorted(path.name for path in folder.iterdir() if _is_key(path)))
    if machine is None:
        return Parting(name, ("its host, which the record does not name: it cannot be read",), keys)
    try:
        return Parting(name, tuple(_remains(machine)), keys)
    finally:
        machine.close()


def forget(name: str, context: MachineContext) -> None:
    """Delete a machine's folder, and leave its host alone. Raises what `examine` does, or MachshError."""
    store = context.store
    with store.lock(name, LOCK_SECONDS):
        examine(name, context)
        store.remove(name)


def _loaded(name: str, context: MachineContext) -> Machine | None:
    """Return the machine; None if its record is broken. Raises MachineNotFoundError."""
    store = context.store
    if not store.exists(name):
        store.load(name)
    try:
        machine = Machine(store.load(name), context)
        _ = machine.driver
    except MachshError as error:
        context.progress.debug(f"{name}: {error}")
        return None
    return machine


def _refusal(name: str, why: str) -> RefusedError:
    return RefusedError(
        f'"{name}" cannot be forgotten without its host: {why}',
        hint=f"keep it stopped (machsh stop {name}), take it elsewhere with a backup, "
        f"or destroy it: machsh rm {name}",
    )


def _large_file(folder: Path) -> str:
    """Return name and size of a large file in the folder or below; empty if there is none."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            try:
                length = path.lstat().st_size
            except OSError:
                continue
            if length > MOST_BYTES:
                return f"{path.relative_to(folder)} ({byte_size(length)})"
    return ""


def _is_key(path: Path) -> bool:
    return path.name.startswith("id_") and not path.suffix and path.is_file()


def _remains(machine: Machine) -> list[str]:
    lines, url = ["its host"], ""
    try:
        lines = list(machine.driver.remains())
        url = machine.endpoint().url
    except FOREIGN as error:  # the driver may be a plugin, or missing
        machine.progress.debug(f"{machine.name}: {reason(error)}")
    if machine.record.machsh.phase == phase.HOST:  # nothing is asked, so nobody knows
        lines = [f"{line}, if its creation came that far" for line in lines]
    if url and not any(url in line for line in lines):
        lines.append(f"its engine at {url}, with its containers, images and volumes")
    if certificate := _certificate(machine):
        lines.append(certificate)
    return lines


def _certificate(machine: Machine) -> str:
    """Return a line on the engine's certificate; empty if the machine has none that can be read."""
    from machsh.certs import validity

    path = Path(machine.record.auth.server_cert_path)
    try:
        days = validity.read(path).days_left(machine.context.environment.now())
    except MachshError:
        return ""
    authority = machine.record.auth.ca_cert_path
    return f"the engine's certificate, valid for {days:.0f} more days, of the authority {authority}"
