"""Collects machines and writes them into an archive."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import Driver
from machsh.errors import DeadlineError, MachshError, RefusedError
from machsh.files import new_private_file
from machsh.machine.archive.archive_writer import BACKUP, STORE_FILES, ArchiveWriter, Written
from machsh.machine.archive.machine_files import AUTHORITY_KEY, key_files
from machsh.machine.archive.record_move import below_store
from machsh.machine.machine import Machine
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store

if TYPE_CHECKING:
    from machsh.age.age_keys import Wrapper


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """The content of a backup."""

    machines: dict[str, MachineRecord] = field(default_factory=dict)
    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    """Name of the machine -> name in its folder -> file."""
    left: dict[str, list[str]] = field(default_factory=dict)
    """Name of the machine -> the files and folders of its host that are left out."""
    state: dict[str, list[Path]] = field(default_factory=dict)
    """Name of the machine -> the included files of its host, all below the store."""
    hosts: dict[str, Driver] = field(default_factory=dict)
    """The drivers of these machines."""

    @property
    def has_authority(self) -> bool:
        """Whether an authority's key is in it."""
        return any(AUTHORITY_KEY in files for files in self.files.values())


def plan_backup(store: Store, names: Sequence[str], *, with_authority: bool) -> BackupPlan:
    """Decide the content of a backup of these machines. Raises MachshError for a broken record."""
    plan = BackupPlan()
    for name in names:
        record = store.load(name)
        plan.machines[name] = record
        plan.files[name], plan.left[name] = key_files(
            store.machine_folder(name),
            record,
            _StoredFiles(store, record).find,
            with_authority=with_authority,
        )
    return plan


def add_state(plan: BackupPlan, machine: Machine) -> bool:
    """Include the host's own files; return False if the host is more than files of the store.

    Raises MachshError, for instance if the host runs.
    """
    if not machine.driver.has(Capability.HOST_FILES):
        return False
    store = machine.context.store.folder
    files = [Path(os.path.normpath(path)) for path in machine.driver.host_files()]
    for path in files:
        if not path.is_relative_to(store):
            raise RefusedError(
                f'The disk of "{machine.name}" is based on a file outside the store: {path}',
                hint="a machine of an image that machsh fetched can be backed up with its state",
            )
    plan.state[machine.name], plan.hosts[machine.name] = files, machine.driver
    plan.left[machine.name] = [one for one in plan.left[machine.name] if one not in {p.name for p in files}]
    return True


@dataclass(frozen=True, slots=True)
class _StoredFiles:
    """Finds the files that a record names, also after the store was moved."""

    store: Store
    record: MachineRecord

    def find(self, text: str) -> Path | None:
        parts = below_store(text, self.record)
        for place in (Path(text), self.store.folder.joinpath(*parts)) if parts else (Path(text),):
            with contextlib.suppress(OSError, ValueError):
                if place.is_absolute() and place.is_file():
                    return place
        return None


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """How an archive is written."""

    keys: Sequence[Wrapper] = ()
    """Each of them can decrypt it; without keys it is not encrypted."""
    may_replace: bool = False
    written: Written | None = None


def write_backup(plan: BackupPlan, store: Store, path: Path, now: float, options: ArchiveOptions) -> None:
    """Write the archive. Each machine is locked while it is read, so that no command changes it.

    Raises MachshError. `now` is in seconds since the epoch.
    """
    images: set[Path] = set()
    with archive(path, BACKUP, list(plan.machines), now, options) as writer:
        for name, record in plan.machines.items():
            with _held(store, name):
                writer.add_machine(name, record.to_json(), dict(plan.files[name]))
                if name in plan.hosts:
                    plan.hosts[name].host_files()  # it may have been started since
                new = [file for file in plan.state.get(name, []) if file not in images]
                for file in new:
                    writer.add_file(_member(file, store, name), file)
                images.update(new)  # several disks may have one base


def _member(file: Path, store: Store, name: str) -> str:
    folder = store.machine_folder(name)
    if file.is_relative_to(folder):
        return f"machines/{name}/{file.relative_to(folder).as_posix()}"
    return f"{STORE_FILES}/{file.relative_to(store.folder).as_posix()}"


@contextlib.contextmanager
def archive(
    path: Path,
    kind: str,
    machines: Sequence[str],
    now: float,
    options: ArchiveOptions,
) -> Iterator[ArchiveWriter]:
    """Yield a writer to a new archive, which appears as `path` when the block ends. Raises MachshError."""
    new = new_private_file(path, may_replace=options.may_replace)
    with new as file, _encrypted(file, options.keys) as target:
        writer = ArchiveWriter(target, kind, machines, now, options.written)
        yield writer
        writer.finish()


@contextlib.contextmanager
def _encrypted(file: IO[bytes], keys: Sequence[Wrapper]) -> Iterator[IO[bytes]]:
    if not keys:
        yield file
        return
    from machsh.age.age_stream import EncryptingWriter

    writer = EncryptingWriter(file, keys)  # type: ignore[arg-type]
    yield writer  # type: ignore[misc]
    writer.finish()


@contextlib.contextmanager
def _held(store: Store, name: str) -> Iterator[None]:
    """Hold a machine's lock; a read-only store needs none."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(store.lock(name))
        except DeadlineError:
            raise
        except MachshError:
            if not store.exists(name):
                raise
        yield
