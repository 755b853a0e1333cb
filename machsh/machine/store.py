"""docker-machine's folder: machines by name, each a `config.json`, saved whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from machsh.errors import MachineExistsError, MachineNotFoundError, MachshError
from machsh.files import Lock, check_writable, explain, locked, make_private_folder, write_atomically
from machsh.go.json import go_json
from machsh.machine import hidden_folders
from machsh.machine.decoding import decode, record_of
from machsh.machine.errors import BrokenRecordError
from machsh.machine.migration import RecordPlace, migrate, version_of
from machsh.machine.naming import DEFAULT, is_folder_name
from machsh.machine.record import VERSION, MachineRecord
from machsh.regular_file import read_regular

CONFIG = "config.json"
LOCK = ".lock"
"""Held as long as an operation works on the machine; it goes away with the machine's folder."""
RECORD_LOCK = ".config.lock"
"""Held only from load to save of the record, so that nobody waits for another one's long operation."""


class Store:
    """The machines kept in `folder` (`STORE` in docker-machine's documents)."""

    def __init__(self, folder: Path, *, program: str = "machsh") -> None:
        self.folder = folder
        self.program = program

    @property
    def machines_folder(self) -> Path:
        """`STORE/machines`."""
        return self.folder / "machines"

    @property
    def certs_folder(self) -> Path:
        """`STORE/certs`: the authority and the client pair."""
        return self.folder / "certs"

    def machine_folder(self, name: str) -> Path:
        """`STORE/machines/NAME`. Raises MachineNotFoundError for a name that would leave the store."""
        if not is_folder_name(name):
            raise MachineNotFoundError(name, program=self.program)
        return self.machines_folder / name

    def config_path(self, name: str) -> Path:
        """The machine's `config.json`."""
        return self.machine_folder(name) / CONFIG

    def names(self) -> list[str]:
        """Every machine's name in docker-machine's order (bytewise); broken ones too. No file is opened."""
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
        """Whether anything of that name is there, even a plain file. Raises MachshError if it cannot tell.

        A folder that holds nothing is no machine: a creation may have ended before it wrote anything.
        """
        return self._is_there(name) and not _is_unfinished(self.machines_folder / name)

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
        """Read a machine; an older format is migrated and the original kept beside it.

        Raises MachineNotFoundError, BrokenRecordError, or MachshError when the file cannot be opened.
        """
        content = self._read(name)
        record, is_old = self._decode(name, content)
        if is_old:
            with contextlib.suppress(MachshError):  # a read-only store can still be read
                self._keep_migrated(name, content, record)
        return record

    def _decode(self, name: str, content: bytes) -> tuple[MachineRecord, bool]:
        """The record, and whether it had to be migrated."""
        document = decode(content, name)
        if version_of(document, name) == VERSION:
            return record_of(document, name), False
        return record_of(migrate(document, RecordPlace(str(self.folder), name)), name), True

    def _read(self, name: str) -> bytes:
        path = self.config_path(name)
        try:
            return read_regular(path)
        except OSError as error:
            is_missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            if is_missing and not self.exists(name):
                raise MachineNotFoundError(name, program=self.program) from error
            reported = explain(error, path)
            raise BrokenRecordError(name, str(reported), hint=reported.hint) from error

    def _keep_migrated(self, name: str, original: bytes, record: MachineRecord) -> None:
        with self._locked(name, RECORD_LOCK, 10):
            if self._read(name) == original:
                write_atomically(self.config_path(name).with_suffix(".json.bak"), original)
                _write(self.machine_folder(name), record)

    @contextlib.contextmanager
    def change(self, name: str, seconds: float = 60.0) -> Iterator[MachineRecord]:
        """Give the machine's record as it is stored now, and save what the block changes in it.

        This is the only way to change a record that is stored: others are kept out from load to save, and
        nothing that they changed before is lost. Nothing is saved when the block raises or changes nothing.
        Raises MachineNotFoundError, BrokenRecordError, DeadlineError, or MachshError when it cannot be saved.
        """
        self.load(name)  # brings an older format up to date
        with self._locked(name, RECORD_LOCK, seconds) as lock:
            record, _ = self._decode(name, self._read(name))
            before = go_json(record.to_json())
            yield record
            if go_json(record.to_json()) == before:
                return
            if not lock.is_in_place:  # removed while the block ran: it does not come back
                raise MachineNotFoundError(name, program=self.program)
            _write(self.machine_folder(name), record)

    def save(self, record: MachineRecord) -> None:
        """Write the record whole or not at all. Raises MachshError when the disk is full or read-only."""
        folder = self.machine_folder(record.name)
        make_private_folder(folder)
        _write(folder, record)

    @contextlib.contextmanager
    def creating(self, record: MachineRecord) -> Iterator[Lock]:
        """Take the name of a new machine with its first record; it stays locked until the block ends.

        The folder is made whole under a hidden name and then renamed, so that no other process sees a part
        of it: of two creations at once one wins. Raises MachineExistsError when the name is taken.
        """
        folder = self.machine_folder(record.name)
        make_private_folder(self.machines_folder)
        hidden_folders.sweep(self.machines_folder)
        with hidden_folders.new_folder(folder) as prepared, locked(prepared / LOCK) as lock:
            _write(prepared, record)
            try:
                hidden_folders.publish(prepared, folder, is_free=_is_unfinished)
            except FileExistsError as error:
                raise MachineExistsError(record.name) from error
            except OSError as error:
                raise explain(error, folder) from error
            lock.moved_to(folder / LOCK)
            yield lock

    def check_removable(self, name: str) -> None:
        """Raise MachshError when the machine's folder could not be removed; to ask before its host goes."""
        if self._is_there(name):
            check_writable(self.machines_folder)
            folder = self.machine_folder(name)
            if folder.is_dir() and not folder.is_symlink():
                check_writable(folder)

    def remove(self, name: str) -> None:
        """Delete the machine's whole folder. Raises MachshError, docker-machine's text, when it cannot."""
        folder = self.machine_folder(name)
        if not self._is_there(name):
            raise MachshError(f'Can\'t remove "{name}"')
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(MachshError):  # nobody is in the middle of a change, if that can be had
                stack.enter_context(self._locked(name, RECORD_LOCK, 10))
            try:
                hidden_folders.remove(
                    folder
                ) if folder.is_dir() and not folder.is_symlink() else folder.unlink()
            except OSError as error:
                raise MachshError(f'Can\'t remove "{name}"', hint=str(explain(error, folder))) from error

    def clear_leftovers(self, name: str) -> None:
        """Delete what a machine that is gone left behind: a folder that nobody holds and without a record."""
        folder = self.machine_folder(name)
        if folder.is_dir() and not ((folder / CONFIG).exists() or (folder / LOCK).exists()):
            with contextlib.suppress(OSError):
                hidden_folders.remove(folder)

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float = 60.0) -> Iterator[Lock]:
        """Hold a machine for one operation, against other processes and threads; not to be nested.

        Raises MachineNotFoundError, or DeadlineError when another one keeps it longer than `seconds`.
        """
        with self._locked(name, LOCK, seconds) as lock:
            yield lock

    @contextlib.contextmanager
    def take_from_holder(self, name: str) -> Iterator[Lock]:
        """Hold a machine that another process holds: that one finds that its lock is no longer in place.

        Raises as `lock` does.
        """
        with contextlib.suppress(OSError):
            (self.machine_folder(name) / LOCK).unlink()
        with self.lock(name, 10.0) as lock:
            yield lock

    @contextlib.contextmanager
    def _locked(self, name: str, file: str, seconds: float) -> Iterator[Lock]:
        folder = self.machine_folder(name)
        if not self.exists(name):
            raise MachineNotFoundError(name, program=self.program)
        with contextlib.ExitStack() as stack:
            try:
                lock = stack.enter_context(locked(folder / file, seconds, makes_folder=False))
            except MachshError as error:
                if not self.exists(name):
                    raise MachineNotFoundError(name, program=self.program) from error
                raise
            yield lock


def _write(folder: Path, record: MachineRecord) -> None:
    write_atomically(folder / CONFIG, go_json(record.to_json()).encode("utf-8", "surrogatepass"))


def _is_unfinished(folder: str | Path) -> bool:
    """Whether nothing was written there yet: a real folder without any but hidden files."""
    if os.path.lexists(os.path.join(folder, CONFIG)):
        return False
    try:
        return not os.path.islink(folder) and all(name.startswith(".") for name in os.listdir(folder))
    except OSError:
        return False  # a plain file, or a folder that others may not look into
