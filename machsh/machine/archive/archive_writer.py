"""Writes an archive: a tar file whose first member describes it, and whose last has the others' checksums."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import machsh
from machsh.files import PRIVATE_FILE, explain
from machsh.go.json import go_json
from machsh.machine.records.store import CONFIG
from machsh.regular_file import open_regular

FORMAT, VERSION = "machsh-archive", 1
MANIFEST, CHECKSUMS = "machsh-archive.json", "SHA256SUMS"
BACKUP, SHARE = "backup", "share"
STORE_FILES = "store"
"""Folder of the files that lie elsewhere in the store: images on which disks are based."""

Written = Callable[[int], None]
"""Called with the number of bytes written since the last call."""


class ArchiveWriter:
    """Writes to a binary file, which stays open. Without `finish` the archive is incomplete."""

    def __init__(
        self, file: IO[bytes], kind: str, machines: Sequence[str], now: float, written: Written | None = None
    ) -> None:
        """Begin with the manifest; `now` is in seconds since the epoch."""
        # No stream of tarfile's: it would write to the file when it is thrown away after an error.
        self._tar = tarfile.open(fileobj=_CountingWriter(file), mode="w:", format=tarfile.PAX_FORMAT)
        self._now = int(now)
        self._written = written
        self._sums: list[str] = []
        created = datetime.fromtimestamp(self._now, UTC).isoformat()
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "kind": kind,
            "program": f"machsh {machsh.__version__}",
            "created": created,
            "machines": list(machines),
        }
        self.add_content(MANIFEST, go_json(manifest).encode())

    def add_machine(self, name: str, record: dict[str, Any], files: Mapping[str, Path | bytes]) -> None:
        """Add a machine: its record as JSON, and its files by name. Raises MachshError."""
        self.add_content(f"machines/{name}/{CONFIG}", go_json(record).encode("utf-8", "surrogatepass"))
        for file_name, source in sorted(files.items()):
            member = f"machines/{name}/{file_name}"
            self.add_content(member, source) if isinstance(source, bytes) else self.add_file(member, source)

    def add_content(self, name: str, content: bytes) -> None:
        """Add a member with this content."""
        self._add(name, io.BytesIO(content), len(content))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file, piece by piece. Raises MachshError if it cannot be read, or grows shorter meanwhile."""
        try:
            with open_regular(path) as file:
                self._add(name, file, path.stat().st_size)
        except OSError as error:
            raise explain(error, path) from error

    def finish(self) -> None:
        """Write the checksums and the end."""
        self.add_content(CHECKSUMS, "".join(self._sums).encode())
        self._tar.close()

    def _add(self, name: str, source: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, PRIVATE_FILE, self._now
        digested = _DigestingReader(source, self._written)
        self._tar.addfile(member, digested)
        self._tar.members = []  # type: ignore[attr-defined] # they are not needed again
        self._sums.append(f"{digested.digest.hexdigest()}  {name}\n")


class _CountingWriter(io.RawIOBase):
    """Passes writes on and counts the bytes, because a stream has no `tell`."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._at = 0

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._at += len(content)
        return self._file.write(content)

    def tell(self) -> int:
        return self._at


class _DigestingReader:
    """Passes a file's content on and computes its checksum."""

    def __init__(self, source: IO[bytes], written: Written | None) -> None:
        self._source = source
        self._written = written
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._source.read(size)
        self.digest.update(content)
        if self._written:
            self._written(len(content))
        return content
