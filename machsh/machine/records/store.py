"""The store: docker-machine's folder of machines, each with a `config.json` that is written atomically."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path

from machsh.errors import MachineExistsError, MachineNotFoundError, MachshError
from machsh.files import Lock, check_writable, explain, locked, make_private_folder, write_atomically
from machsh.go.json import go_json
from machsh.machine.errors import BrokenRecordError
from machsh.machine.naming import DEFAULT, is_folder_name
from machsh.machine.records import hidden_folders
from machsh.machine.records.decoding import decode, record_of
from machsh.machine.records.migration import RecordPlace, migrate, version_of
from machsh.machine.records.record import VERSION, MachineRecord
from machsh.machine.records.renamed_record import put_right
from machsh.regular_file import read_regular
from machsh.suggest import did_you_mean

CONFIG = "config.json"
LOCK = ".lock"
"""Held during an operation on the machine; deleted with the machine's folder."""
RECORD_LOCK = ".config.lock"
"""Held only from load to save of the record, so that nobody waits for a long operation to end."""


class Store:
    """The machines kept in `folder` (`STORE` in docker-machine's documents), below `machines_folder`."""

    def __init__(self, folder: Path, *, program: str = "machsh") -> None:
        self.folder = folder
        self.program = program
        self.machines_folder = folder / "machines"

    @property
    def certs_folder(self) -> Path:
        """`STORE/certs`: the authority and the client pair."""
        return self.folder / "certs"

    def machine_folder(self, name: str) -> Path:
        """Return `STORE/machines/NAME`. Raises MachineNotFoundError for a name that would leave the store."""
        folder = _folder_of(self.machines_folder, name)
        if folder is None:
            raise self.missing(name)
        return folder

    def config_path(self, name: str) -> Path:
        """Return the path of the machine's `config.json`."""
        return self.machine_folder(name) / CONFIG

    def names(self) -> list[str]:
        """Return all names, broken machines included, in docker-machine's order (bytewise); opens no file.

        Returns [] if the folder is missing. Raises MachshError if it cannot be read.
        """
        try:
            with os.scandir(self.machines_folder) as entries:
                found = [
                    entry.name
                    for entry in entries
                    if not entry.name.startswith(".")
                    and entry.is_dir(follow_symlinks=False)
                    and not _is_unfinished(entry.path)
                ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise explain(error, self.machines_folder) from error
        return sorted(found, key=os.fsencode)

    def exists(self, name: str) -> bool:
        """Whether the name is taken, even by a plain file. Raises MachshError if that cannot be determined.

        An empty folder does not count: a creation may have ended before it wrote anything.
        """
        return self._is_there(name) and not _is_unfinished(self.machines_folder / name)

    def require(self, name: str) -> None:
        """Raise MachineNotFoundError, with names that are alike, unless the machine exists."""
        if not self.exists(name):
            raise self.missing(name)

    def missing(self, name: str) -> MachineNotFoundError:
        """Return the error for a name that nothing has; its hint has the names that are alike."""
        with contextlib.suppress(MachshError):  # a store that cannot be listed has an error of its own
            return MachineNotFoundError(name, program=self.program, hint=did_you_mean(name, self.names()))
        return MachineNotFoundError(name, program=self.program)

    def _is_there(self, name: str) -> bool:
        if not is_folder_name(name):
            return False
        path = self.machines_folder / name
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            reported = explain(error, path, "stat")
            host = f'host "{DEFAULT}"' if name == DEFAULT else "host"
            raise MachshError(f"Error checking if {host} exists: {reported}", hint=reported.hint) from error
        return True

    def load(self, name: str) -> MachineRecord:
        """Read a machine's record; an older format is migrated, and the original kept as `config.json.bak`.

        Raises MachineNotFoundError, or BrokenRecordError if the file cannot be read or decoded.
        """
        content = self._read(name)
        record, is_old = self._decode(name, content)
        if is_old:
            with contextlib.suppress(MachshError):  # a read-only store can still be read
                self._keep_migrated(name, content, record)
        return record

    def _decode(self, name: str, content: bytes) -> tuple[MachineRecord, bool]:
        """Return the record, and whether it had to be migrated."""
        document = decode(content, name)
        if version_of(document, name) == VERSION:
            record = record_of(document, name)
            if record.machsh.new_name:
                put_right(record, str(document.get("Name", "")), self.machines_folder)
            return record, False
        return record_of(migrate(document, RecordPlace(str(self.folder), name)), name), True

    def _read(self, name: str) -> bytes:
        path = self.config_path(name)
        try:
            return read_regular(path)
        except OSError as error:
            is_missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            if is_missing and not self.exists(name):
                raise self.missing(name) from error
            reported = explain(error, path)
            raise BrokenRecordError(name, str(reported), hint=reported.hint) from error

    def _keep_migrated(self, name: str, original: bytes, record: MachineRecord) -> None:
        with self._locked(name, RECORD_LOCK, 10):
            if self._read(name) == original:
                write_atomically(self.config_path(name).with_suffix(".json.bak"), original)
                _write(self.machine_folder(name), record)

    @contextlib.contextmanager
    def change(self, name: str, seconds: float = 60.0) -> Iterator[MachineRecord]:
        """Load the machine's record under a lock, and save what the block changes in it.

        This is the only safe way to change a stored record: other processes are locked out from load to
        save, so that no change is lost. Nothing is saved if the block raises or changes nothing. Raises
        MachineNotFoundError, BrokenRecordError, DeadlineError, or MachshError if it cannot be saved.
        """
        self.load(name)  # brings an older format up to date
        with self._locked(name, RECORD_LOCK, seconds) as lock:
            record, _ = self._decode(name, self._read(name))
            before = go_json(record.to_json())
            yield record
            if go_json(record.to_json()) == before:
                return
            if not lock.is_in_place:  # removed while the block ran: do not recreate it
                raise MachineNotFoundError(name, program=self.program)
            _write(self.machine_folder(name), record)

    def save(self, record: MachineRecord) -> None:
        """Write the record atomically. Raises MachshError, for instance if the disk is full or read-only."""
        folder = self.machine_folder(record.name)
        make_private_folder(folder)
        _write(folder, record)

    @contextlib.contextmanager
    def creating(self, record: MachineRecord) -> Iterator[Lock]:
        """Store a new machine's first record, and hold the machine's lock until the block ends.

        The folder is prepared under a hidden name and then renamed, so that no other process sees it half
        done, and one of two simultaneous creations wins. Raises MachineExistsError if the name is taken.
        """
        folder = self.machine_folder(record.name)
        with self.preparing(record.name) as prepared, locked(prepared / LOCK) as lock:
            self.publish(prepared, record)
            lock.moved_to(folder / LOCK)
            yield lock

    @contextlib.contextmanager
    def preparing(self, name: str) -> Iterator[Path]:
        """Yield a hidden folder beside the machines', for `publish`; it is deleted unless it was published.

        Whoever needs it longer than a moment holds LOCK in it. Raises MachshError.
        """
        make_private_folder(self.machines_folder)
        hidden_folders.sweep(self.machines_folder)
        with hidden_folders.new_folder(self.machine_folder(name)) as prepared:
            yield prepared

    def publish(self, prepared: Path, record: MachineRecord) -> None:
        """Write the record into a prepared folder, and rename that to the machine's in one step.

        Raises MachineExistsError if the name is taken.
        """
        folder = self.machine_folder(record.name)
        _write(prepared, record)
        try:
            hidden_folders.publish(prepared, folder, is_free=_is_unfinished)
        except FileExistsError as error:
            raise MachineExistsError(record.name) from error
        except OSError as error:
            raise explain(error, folder) from error

    def rename(self, former: str, name: str, lock: Lock) -> None:
        """Rename a machine's folder, and put names and paths in its record right; `lock` is the machine's.

        A process that is killed meanwhile leaves a machine of the one name or the other. Raises
        MachineNotFoundError, MachineExistsError, or MachshError if nothing was changed.
        """
        folder, target = self.machine_folder(former), self.machine_folder(name)
        with self._locked(former, RECORD_LOCK, 10) as record_lock:
            record, _ = self._decode(former, self._read(former))
            record.machsh.new_name = name
            _write(folder, record)
            try:
                hidden_folders.publish(folder, target, is_free=_is_unfinished)
            except OSError as error:
                record.machsh.new_name = ""
                _write(folder, record)
                if isinstance(error, FileExistsError):
                    raise MachineExistsError(name) from error
                raise explain(error, target, "rename") from error
            for one, file in ((lock, LOCK), (record_lock, RECORD_LOCK)):
                one.moved_to(target / file)
            _write(target, self._decode(name, self._read(name))[0])

    def check_removable(self, name: str) -> None:
        """Raise MachshError if the machine's folder could not be deleted. Call before destroying the host."""
        if self._is_there(name):
            check_writable(self.machines_folder)
            folder = self.machine_folder(name)
            if folder.is_dir() and not folder.is_symlink():
                check_writable(folder)

    def remove(self, name: str) -> None:
        """Delete the machine's folder. Raises MachshError with docker-machine's message."""
        folder = self.machine_folder(name)
        if not self._is_there(name):
            raise MachshError(f'Can\'t remove "{name}"')
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(MachshError):  # wait for a change to end, if the lock can be had at all
                stack.enter_context(self._locked(name, RECORD_LOCK, 10))
            try:
                hidden_folders.remove(
                    folder
                ) if folder.is_dir() and not folder.is_symlink() else folder.unlink()
            except OSError as error:
                raise MachshError(f'Can\'t remove "{name}"', hint=str(explain(error, folder))) from error

    def clear_leftovers(self, name: str) -> None:
        """Delete the folder of a removed machine if it was made again, without record and lock file."""
        folder = self.machine_folder(name)
        if folder.is_dir() and not ((folder / CONFIG).exists() or (folder / LOCK).exists()):
            with contextlib.suppress(OSError):
                hidden_folders.remove(folder)

    def leftovers(self) -> list[Path]:
        """Return the folders of no machine that killed processes left, and that nobody works on."""
        found = hidden_folders.left_behind(self.machines_folder)
        with contextlib.suppress(OSError):
            for folder in self.machines_folder.iterdir():
                is_ours = not folder.name.startswith(".") and folder.is_dir() and _is_unfinished(folder)
                if is_ours and hidden_folders.is_left(folder):
                    found.append(folder)
        return sorted(found)

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float = 60.0) -> Iterator[Lock]:
        """Lock a machine for one operation, against other processes and threads. Must not be nested.

        Raises MachineNotFoundError, or DeadlineError if another holder keeps it longer than `seconds`.
        """
        with self._locked(name, LOCK, seconds) as lock:
            yield lock

    @contextlib.contextmanager
    def take_from_holder(self, name: str) -> Iterator[Lock]:
        """Lock a machine although another process holds it; that process's `Lock.is_in_place` turns False.

        Raises what `lock` raises.
        """
        with contextlib.suppress(OSError):
            (self.machine_folder(name) / LOCK).unlink()
        with self.lock(name, 10.0) as lock:
            yield lock

    @contextlib.contextmanager
    def _locked(self, name: str, file: str, seconds: float) -> Iterator[Lock]:
        folder = self.machine_folder(name)
        self.require(name)
        with contextlib.ExitStack() as stack:
            try:
                lock = stack.enter_context(locked(folder / file, seconds, makes_folder=False))
            except MachshError as error:
                if not self.exists(name):
                    raise MachineNotFoundError(name, program=self.program) from error
                raise
            yield lock


@functools.lru_cache(maxsize=1024)  # each command asks for a machine's several times
def _folder_of(machines_folder: Path, name: str) -> Path | None:
    return machines_folder / name if is_folder_name(name) else None


def _write(folder: Path, record: MachineRecord) -> None:
    write_atomically(folder / CONFIG, go_json(record.to_json()).encode("utf-8", "surrogatepass"))


def _is_unfinished(folder: str | Path) -> bool:
    """Whether this is a real folder (no symbolic link) that contains nothing but hidden files."""
    if os.path.lexists(os.path.join(folder, CONFIG)):
        return False
    try:
        return not os.path.islink(folder) and all(name.startswith(".") for name in os.listdir(folder))
    except OSError:
        return False  # a plain file, or a folder that we may not read
