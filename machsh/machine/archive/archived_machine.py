"""Finds the machines in an unpacked archive, whatever its form."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from machsh.errors import MachshError
from machsh.files import explain
from machsh.machine.archive.archive_writer import MANIFEST
from machsh.machine.archive.machine_files import key_files
from machsh.machine.archive.record_move import below_store
from machsh.machine.errors import PREFIX, BrokenRecordError
from machsh.machine.naming import is_folder_name
from machsh.machine.records.decoding import decode, record_of
from machsh.machine.records.migration import RecordPlace, migrate
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import CONFIG
from machsh.regular_file import read_regular


@dataclass(frozen=True, slots=True)
class ArchivedMachine:
    """A machine as it is in an archive."""

    record: MachineRecord
    """With its old name and the paths of its old store."""
    folder: Path
    files: dict[str, Path]
    """Name in the machine's folder -> the file; names may have folders in front."""

    @property
    def name(self) -> str:
        """The name in the archive."""
        return self.record.name


@dataclass(frozen=True, slots=True)
class ArchiveContent:
    """The machines of an archive."""

    machines: list[ArchivedMachine]
    broken: dict[str, str]
    """Name -> why its record cannot be read."""


def find_machines(tree: Path, default_name: str) -> ArchiveContent:
    """Return the machines below a folder, by name; one without any name gets `default_name`.

    Raises MachshError if there is none.
    """
    is_ours = (tree / MANIFEST).exists()
    found, broken = [], {}
    for path in sorted(tree.rglob(CONFIG)):
        name = default_name if path.parent == tree else path.parent.name
        try:
            found.append(_machine(path.parent, name, is_ours=is_ours))
        except BrokenRecordError as error:
            broken[name] = str(error).removeprefix(PREFIX)
    if not found and not broken:
        raise MachshError(
            "There is no machine in the archive",
            hint=f"a machine's folder holds {CONFIG}; a store has its machines' folders in machines/",
        )
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise MachshError(f"The archive holds several machines of one name: {', '.join(twice)}")
    return ArchiveContent(sorted(found, key=lambda one: one.name), broken)


def _machine(folder: Path, default_name: str, *, is_ours: bool) -> ArchivedMachine:
    record = _record(folder, default_name)
    if is_ours:
        files = {
            path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*")
            if path.is_file() and path != folder / CONFIG
        }
    else:
        files, _ = key_files(folder, record, _UnpackedFiles(folder, record).find, with_authority=True)
    return ArchivedMachine(record, folder, files)


def _record(folder: Path, default_name: str) -> MachineRecord:
    try:
        content = read_regular(folder / CONFIG)
    except OSError as error:
        raise explain(error, folder / CONFIG) from error
    document = decode(content, default_name)
    named = document.get("Name")
    name = named if isinstance(named, str) and is_folder_name(named) else default_name
    return record_of(migrate(document, RecordPlace("", name)), name)


@dataclass(frozen=True, slots=True)
class _UnpackedFiles:
    """Finds the files that a record names, in what was a store or a single machine's folder."""

    folder: Path
    record: MachineRecord

    def find(self, text: str) -> Path | None:
        base = text.replace("\\", "/").rpartition("/")[2]
        for place in (*self._inside(text), self.folder / "certs" / base, self.folder / base):
            with contextlib.suppress(OSError, ValueError):
                if place.is_file():
                    return place
        return None

    def _inside(self, text: str) -> list[Path]:
        parts = below_store(text, self.record)
        if not parts:
            return []
        if parts[:2] == ("machines", self.record.name):
            return [self.folder.joinpath(*parts[2:])]
        is_in_store = self.folder.parent.name == "machines"
        return [self.folder.parent.parent.joinpath(*parts)] if is_in_store else []
