"""Finds orphans of a store: hosts, volumes, processes and folders that belong to no record."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from machsh.drivers.driver import Driver, DriverContext, Orphan, UnaskedPlace
from machsh.errors import FOREIGN, MachshError
from machsh.files import explain
from machsh.machine.context import MachineContext
from machsh.machine.errors import reason
from machsh.machine.machine import Machine

FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class FoundOrphan:
    """An orphan, and the driver that found it; None for a folder of the store."""

    orphan: Orphan
    driver: type[Driver] | None = None

    @property
    def driver_name(self) -> str:
        """The driver's name; empty for a folder of the store."""
        return self.driver.name if self.driver else ""


@dataclass(frozen=True, slots=True)
class OrphanSearch:
    """What a search has found, and where it could not look."""

    found: list[FoundOrphan]
    unasked: list[UnaskedPlace]


def find(context: MachineContext, driver_name: str = "") -> OrphanSearch:
    """Search for all orphans, or those of one driver. Raises MachshError if that driver is unknown.

    A driver that fails is a warning. What may belong to a machine whose record cannot be read, or that is
    created meanwhile, is no orphan. Where no machine is, a
    place may be unasked, unless it is the one that a driver without machines is asked for.
    """
    known, broken = _drivers_of_machines(context)
    asking = _driver_context(context)
    found = [one for kind in _kinds(context, driver_name) for one in _of_driver(kind, known, context, asking)]
    # A machine that was stored after the question began is not among the known ones.
    spared = {*broken, *(set(context.store.names()) - {one.record.machine_name for one in known})}
    kept = [one for one in found if one.orphan.store or one.orphan.machine not in spared]
    is_new = bool(driver_name) and all(one.name != driver_name for one in known)
    unasked = [one for one in asking.unasked if one.is_told or is_new]
    return OrphanSearch(kept + ([] if driver_name else list(_folders(context))), unasked)


def _drivers_of_machines(context: MachineContext) -> tuple[list[Driver], list[str]]:
    """Return the drivers of all machines, and the names of the machines whose record cannot be read."""
    drivers, broken = [], []
    for name in context.store.names():
        try:
            drivers.append(Machine(context.store.load(name), context).driver)
        except MachshError as error:
            context.progress.warning(f"{name}: what belongs to it cannot be told: {error}")
            broken.append(name)
    return drivers, broken


def _kinds(context: MachineContext, driver_name: str) -> list[type[Driver]]:
    from machsh.drivers import registry

    return [registry.find(driver_name, context.catalog)] if driver_name else registry.usable(context.catalog)


def _of_driver(
    kind: type[Driver], known: Sequence[Driver], context: MachineContext, asking: DriverContext
) -> Iterator[FoundOrphan]:
    own = [one for one in known if one.name == kind.name]
    try:
        for orphan in kind.orphans(asking, context.store.folder, own):
            yield FoundOrphan(orphan, kind)
    except FOREIGN as error:  # the driver may be a plugin; others are asked all the same
        asking.cannot_ask(f"the driver {kind.name}", reason(error, context.environment))


def _driver_context(context: MachineContext) -> DriverContext:
    seconds = context.seconds or context.environment.step_seconds
    return DriverContext(context.environment, context.progress, context.ask, seconds)


def _folders(context: MachineContext) -> Iterator[FoundOrphan]:
    for folder in context.store.leftovers():
        with suppress(OSError):
            since = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
            yield FoundOrphan(Orphan(folder.name, FOLDER, str(folder), since=since))


def remove(found: FoundOrphan, context: MachineContext) -> None:
    """Destroy an orphan. Raises MachshError that names it."""
    orphan = found.orphan
    try:
        if found.driver is not None:
            found.driver.remove_orphan(orphan, _driver_context(context), context.store.folder)
        elif Path(orphan.identifier) in context.store.leftovers():  # nobody has begun to work on it
            _remove_folder(Path(orphan.identifier))
    except FOREIGN as error:
        reported = reason(error, context.environment)
        raise MachshError(f"{orphan.name} could not be removed: {reported}", hint=reported.hint) from error


def _remove_folder(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise explain(error, folder) from error
