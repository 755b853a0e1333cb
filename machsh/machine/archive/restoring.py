"""Restores the machines of an archive: prepares all under hidden names, then renames them into place."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from machsh.drivers.guest.download_reporter import DownloadReporter
from machsh.errors import MachineExistsError, MachshError, RefusedError, UsageError
from machsh.files import PRIVATE_FILE, explain, locked, make_private_folder
from machsh.machine.archive.archive_reader import GetKeys, unpack
from machsh.machine.archive.archived_machine import ArchiveContent, ArchivedMachine, find_machines
from machsh.machine.archive.host_state import check_disks, place_images
from machsh.machine.archive.machine_files import AUTHORITY_KEY, SSH_KEY
from machsh.machine.archive.record_move import (
    lead_to_own_certificates,
    lead_to_store_certificates,
    move,
)
from machsh.machine.context import MachineContext
from machsh.machine.naming import check_name
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import LOCK, Store
from machsh.suggest import did_you_mean

UNPACKED = "unpacked"


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """What to restore, and how."""

    source: Path
    """An archive or a folder."""
    names: Sequence[str] = ()
    """The machines to restore, by their names in the archive; none means all."""
    renames: dict[str, str] = field(default_factory=dict)
    """Name in the archive -> name in the store."""
    skips_existing: bool = False


@dataclass(frozen=True, slots=True)
class RestoredMachine:
    """A machine that was restored."""

    name: str
    old_name: str
    has_own_authority: bool
    """Whether its certificates are of another authority than the store's."""
    can_sign: bool
    """Whether the key of that authority came with it."""


def restore(request: RestoreRequest, context: MachineContext, get_keys: GetKeys) -> list[RestoredMachine]:
    """Restore machines; nothing is stored until the whole archive has been read and checked.

    Raises MachshError; machines that were already renamed into place, at the very end, are kept.
    """
    store = context.store
    threading.Thread(target=_import_ahead, name="machsh-imports", daemon=True).start()
    with _unpacked(request, context, get_keys) as tree, ExitStack() as stack:
        found = find_machines(tree, request.source.name.partition(".")[0])
        targets = _targets(_chosen(found, request.names), request, context)
        for machine, _ in targets:
            check_disks(machine, store)
        place_images(tree, store)
        prepared = [_prepare(machine, name, store, stack) for machine, name in targets]
        return [_place(one, context) for one in prepared]


def _import_ahead() -> None:
    """Import what the restore needs later while scrypt stretches the passphrase on another processor."""
    with suppress(Exception):  # who needs them imports them again, and reports it
        import machsh.certs.authority_copy
        import machsh.certs.signing  # noqa: F401


def list_archive(
    request: RestoreRequest, context: MachineContext, get_keys: GetKeys
) -> list[tuple[str, str, str]]:
    """Return name, driver and address of the machines in an archive. Raises MachshError."""
    with _unpacked(request, context, get_keys) as tree:
        found = find_machines(tree, request.source.name.partition(".")[0])
        names = request.names or [one.name for one in found.machines]
        records = [machine.record for machine in _chosen(found, names)] if names else []
    rows = [(one.name, one.driver_name, str(one.driver.get("IPAddress") or "")) for one in records]
    broken = {} if request.names else found.broken
    return sorted([*rows, *((name, "-", f"cannot be read: {why}") for name, why in broken.items())])


@contextmanager
def _unpacked(request: RestoreRequest, context: MachineContext, get_keys: GetKeys) -> Iterator[Path]:
    """Unpack into a hidden folder of the store, which is deleted at the end of the block."""
    with context.store.preparing("restore") as staging, locked(staging / LOCK):
        unpack(request.source, staging / UNPACKED, get_keys, _reporter(request.source, context))
        yield staging / UNPACKED


def _reporter(source: Path, context: MachineContext) -> Callable[[int], None]:
    """Return a progress callback whose clock starts with the first bytes, after any questions."""
    started: list[DownloadReporter] = []

    def written(count: int) -> None:
        if not started:
            size = source.stat().st_size if source.is_file() else None
            started.append(DownloadReporter(context.progress, source.name, 0, size))
        started[0].add(count)

    return written


def _chosen(found: ArchiveContent, names: Sequence[str]) -> list[ArchivedMachine]:
    """Return the named machines, by default all. Raises MachshError; a broken one harms no other."""
    known = [one.name for one in found.machines]
    for name in names or found.broken:
        if name in found.broken:
            rest = f"name those that can be: {', '.join(known)}; or " if known else ""
            raise MachshError(
                f'"{name}" cannot be restored, its record cannot be read: {found.broken[name]}',
                hint=f"{rest}repair its config.json there; nothing was restored",
            )
        if name not in known:
            raise MachshError(
                f'The archive has no machine "{name}"',
                hint=f"{did_you_mean(name, known)} it has {', '.join(known)}".strip(),
            )
    return [one for one in found.machines if not names or one.name in names]


def _targets(
    machines: list[ArchivedMachine], request: RestoreRequest, context: MachineContext
) -> list[tuple[ArchivedMachine, str]]:
    """Decide the names in the store. Raises RefusedError, MachineExistsError."""
    names = {machine.name for machine in machines}
    for old in request.renames.keys() - names:
        raise UsageError(f'--rename: "{old}" is not among the machines', hint=f"they are {', '.join(names)}")
    chosen: list[tuple[ArchivedMachine, str]] = []
    taken: set[str] = set()
    for machine in machines:
        name = request.renames.get(machine.name) or _free_name(machine.name, request, context, taken)
        if not name:
            context.progress.info(f'"{machine.name}" exists already: it is left as it is')
            continue
        _check_new_name(name, machine.name)
        if name in taken or context.store.exists(name):
            raise MachineExistsError(name)
        taken.add(name)
        chosen.append((machine, name))
    return chosen


def _free_name(name: str, request: RestoreRequest, context: MachineContext, taken: set[str]) -> str:
    """Return the name itself if it is free, else one that the user agrees to; "" to skip the machine."""
    if not context.store.exists(name):
        return name
    if request.skips_existing:
        return ""
    number = 2
    while context.store.exists(other := f"{name}-{number}") or other in taken:
        number += 1
    try:
        agrees = context.ask.confirm(f'"{name}" exists already. Restore it as "{other}"? (no leaves it out)')
    except UsageError as error:
        raise RefusedError(
            f'"{name}" exists already; nothing was restored',
            hint=f"choose: --rename {name}={other}, or --skip-existing",
        ) from error
    return other if agrees else ""


def _check_new_name(name: str, old: str) -> None:
    try:
        check_name(name)
    except RefusedError as error:
        raise RefusedError(
            f"{name!r} cannot be a machine's name here; nothing was restored",
            hint=f"give it another one: --rename {old}=NEW",
        ) from error


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A machine whose folder is complete but for its record, under a hidden name."""

    record: MachineRecord
    folder: Path
    old_name: str


def _prepare(machine: ArchivedMachine, name: str, store: Store, stack: ExitStack) -> _Prepared:
    folder, old_name = stack.enter_context(store.preparing(name)), machine.name
    stack.enter_context(locked(folder / LOCK))
    try:
        for file_name, path in machine.files.items():
            target = folder / file_name
            make_private_folder(target.parent)
            if path.is_relative_to(machine.folder):
                os.replace(path, target)
            else:
                shutil.copyfile(path, target)
                target.chmod(PRIVATE_FILE)
    except OSError as error:
        raise explain(error, folder) from error
    move(machine.record, store, name)
    return _Prepared(machine.record, folder, old_name)


def _place(prepared: _Prepared, context: MachineContext) -> RestoredMachine:
    record, folder, store = prepared.record, prepared.folder, context.store
    _lead_to_ssh_key(record, folder, store)
    has_own = _settle_authority(record, folder, store)
    can_sign = (folder / AUTHORITY_KEY).exists()
    store.publish(folder, record)
    return RestoredMachine(record.name, prepared.old_name, has_own, can_sign)


def _lead_to_ssh_key(record: MachineRecord, folder: Path, store: Store) -> None:
    """Set the record's ssh key to the archive's copy if it was outside the machine's folder."""
    key = record.driver.get("SSHKeyPath")
    own = store.machine_folder(record.name)
    if isinstance(key, str) and key and not Path(key).is_relative_to(own) and (folder / SSH_KEY).exists():
        record.driver = {**record.driver, "SSHKeyPath": str(own / SSH_KEY)}


def _settle_authority(record: MachineRecord, folder: Path, store: Store) -> bool:
    """Set the record's authority to the store's if they are the same; return whether it has another one.

    A store without an authority takes over the archive's if its key came along.
    """
    from machsh.certs.authority_copy import install_authority, is_same_authority
    from machsh.certs.authority_paths import AuthorityPaths

    own, shared = AuthorityPaths.in_folder(folder), AuthorityPaths.in_folder(store.certs_folder)
    if own.ca.exists() and not is_same_authority(own, shared) and not install_authority(own, shared):
        lead_to_own_certificates(record, store)
        return True
    lead_to_store_certificates(record, store)
    own.ca_key.unlink(missing_ok=True)
    if own.ca.exists() and shared.client.certificate.exists():
        shared.copy_to(folder)
    return False
