"""docker-machine's folder: machines by name, each a `config.json`, saved whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from machsh.errors import MachineExistsError, MachineNotFoundError, MachshError
from machsh.files import PRIVATE_FOLDER, explain, locked, make_private_folder, write_atomically
from machsh.machine.errors import BrokenRecordError
from machsh.machine.migration import Place, migrate, version_of
from machsh.machine.name import DEFAULT, is_folder_name
from machsh.machine.reading import decode, record_of
from machsh.machine.record import VERSION, MachineRecord
from machsh.record import go_json

CONFIG = "config.json"
LOCK = ".lock"
"""In the machine's own folder, so that removing the machine removes it."""


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
                    if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise explain(error, self.machines_folder) from error
        return sorted(found, key=os.fsencode)

    def readable_names(self) -> list[str]:
        """The names whose record opens: what `ls -q` prints. Nothing is migrated, and no record is built."""
        return [name for name in self.names() if self._is_readable(name)]

    def _is_readable(self, name: str) -> bool:
        try:
            version_of(decode(self._read(name), name), name)
        except MachshError:
            return False
        return True

    def exists(self, name: str) -> bool:
        """Whether anything of that name is there, even a plain file. Raises MachshError if it cannot tell."""
        if not is_folder_name(name):
            return False
        path = self.machines_folder / name
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            told = explain(error, path, "stat")
            host = f'host "{DEFAULT}"' if name == DEFAULT else "host"
            raise MachshError(f"Error checking if {host} exists: {told}", hint=told.hint) from error
        return True

    def load(self, name: str) -> MachineRecord:
        """Read a machine; an older format is migrated and the original kept beside it.

        Raises MachineNotFoundError, BrokenRecordError, or MachshError when the file cannot be opened.
        """
        content = self._read(name)
        document = decode(content, name)
        if version_of(document, name) == VERSION:
            return record_of(document, name)
        record = record_of(migrate(document, Place(str(self.folder), name)), name)
        with contextlib.suppress(MachshError):  # a read-only store can still be read
            self._keep_migrated(name, content, record)
        return record

    def _read(self, name: str) -> bytes:
        path = self.config_path(name)
        try:
            return path.read_bytes()
        except OSError as error:
            is_missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            if is_missing and not self.exists(name):
                raise MachineNotFoundError(name, program=self.program) from error
            told = explain(error, path)
            raise BrokenRecordError(name, str(told), hint=told.hint) from error

    def _keep_migrated(self, name: str, original: bytes, record: MachineRecord) -> None:
        with self.lock(name, seconds=10):
            if self._read(name) == original:
                write_atomically(self.config_path(name).with_suffix(".json.bak"), original)
                self.save(record)

    def reserve(self, name: str) -> None:
        """Make the new machine's folder: of two creations at once one wins.

        Raises MachineExistsError when the name is taken.
        """
        folder = self.machine_folder(name)
        try:
            make_private_folder(self.machines_folder)
            os.mkdir(folder, PRIVATE_FOLDER)
        except FileExistsError as error:
            raise MachineExistsError(name) from error
        except OSError as error:
            raise explain(error, folder) from error

    def save(self, record: MachineRecord) -> None:
        """Write the record whole or not at all. Raises MachshError when the disk is full or read-only."""
        folder = self.machine_folder(record.name)
        make_private_folder(folder)
        text = go_json(record.to_json())
        write_atomically(folder / CONFIG, text.encode("utf-8", "surrogatepass"))

    def remove(self, name: str) -> None:
        """Delete the machine's whole folder. Raises MachshError, docker-machine's text, when it cannot."""
        from shutil import rmtree

        folder = self.machine_folder(name)
        if not self.exists(name):
            raise MachshError(f'Can\'t remove "{name}"')
        try:
            if folder.is_dir() and not folder.is_symlink():
                rmtree(folder)
            else:
                folder.unlink()
        except OSError as error:
            raise MachshError(f'Can\'t remove "{name}"', hint=str(explain(error, folder))) from error

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float = 60.0) -> Iterator[None]:
        """Hold a machine from load to save, against other processes and threads; not to be nested.

        Raises MachineNotFoundError, or DeadlineError when another one keeps it longer than `seconds`.
        """
        folder = self.machine_folder(name)
        if not self.exists(name):
            raise MachineNotFoundError(name, program=self.program)
        with locked(folder / LOCK, seconds):
            yield
