"""Writes the files of an archive, with limits on everything that its author controls."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from typing import IO

from machsh.age.errors import DamagedFileError
from machsh.errors import MachshError
from machsh.files import PRIVATE_FILE, make_private_folder
from machsh.machine.archive.archive_writer import CHECKSUMS, FORMAT, MANIFEST, VERSION, Written
from machsh.record import parse_json
from machsh.regular_file import read_regular

MOST_FILES = 20_000
MOST_BYTES = 512 << 20
"""Limit for the files of an archive that is compressed or not machsh's."""
LARGEST_FILE = 4 << 20
"""Larger files of such an archive are the state of hosts, and skipped."""
MOST_PASSED = 64 << 30
"""How many bytes of skipped files a compressed archive may contain."""
_DEEPEST = 8
_PIECE = 1 << 20
_BAD_LETTER = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_DRIVE = re.compile("[A-Za-z]:")


class UnpackedTree:
    """Files with mode 0600 in folders with mode 0700, all below one folder."""

    def __init__(self, folder: Path, written: Written | None = None) -> None:
        self.folder = folder
        self.is_packed = False
        """Whether the archive is compressed, and may unpack to much more than it is."""
        self._report = written
        self._has_manifest = False
        self._count = self._bytes = self._passed = 0
        self._digests: dict[str, str] = {}

    def check(self, name: str) -> PurePosixPath:
        """Return a member's path below the folder. Raises MachshError if it is none."""
        self._count += 1
        path = PurePosixPath(name)
        if self._count > MOST_FILES or len(path.parts) > _DEEPEST:
            raise self.too_much()
        if path.is_absolute() or ".." in path.parts or _BAD_LETTER.search(name) or _DRIVE.match(name):
            raise unwanted(name, "leads out of the archive")
        return path

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """Write a member of `size` bytes. Raises MachshError, DamagedFileError if it is shorter."""
        path = self.check(name)
        is_ours = self._has_manifest and not self.is_packed
        if size > LARGEST_FILE and not is_ours:
            return
        if not is_ours:
            self.count_bytes(size)
        self._digests[path.as_posix()] = self._write(path, content, size)
        if str(path) == MANIFEST and len(self._digests) == 1:
            self._has_manifest = True
            _check_manifest(self.folder / MANIFEST)

    def count_bytes(self, count: int) -> None:
        """Count unpacked bytes. Raises MachshError above the limit."""
        self._bytes += count
        if self._bytes > MOST_BYTES:
            raise self.too_much()

    def count_passed(self, count: int) -> None:
        """Count skipped bytes. Raises MachshError above the limit for a compressed archive."""
        self._passed += count
        if self.is_packed and self._passed > MOST_PASSED:
            raise self.too_much()

    def _write(self, path: PurePosixPath, content: IO[bytes], size: int) -> str:
        target = self.folder / path
        make_private_folder(target.parent)
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        except FileExistsError as error:
            raise unwanted(str(path), "comes twice") from error
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file:
            while size > 0 and (piece := content.read(min(size, _PIECE))):
                file.write(piece)
                digest.update(piece)
                size -= len(piece)
                if self._report:
                    self._report(len(piece))
        if size:
            raise DamagedFileError()
        return digest.hexdigest()

    def check_whole(self) -> None:
        """Check an archive of ours against its checksums; others have none. Raises DamagedFileError."""
        if not self._has_manifest:
            return
        self._digests.pop(CHECKSUMS, None)
        listed: dict[str, str] = {}
        with contextlib.suppress(OSError, UnicodeDecodeError):
            for line in read_regular(self.folder / CHECKSUMS).decode().splitlines():
                digest, _, name = line.partition("  ")
                listed[name] = digest
        if listed != self._digests:
            raise DamagedFileError()

    def too_much(self) -> MachshError:
        """Return the error for an archive above the limits."""
        return MachshError(
            f"The archive is refused: it unpacks to more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB",
            hint="unpack it yourself, and restore the folder",
        )


def unwanted(name: str, why: str) -> MachshError:
    """Return the error for an archive with a forbidden member."""
    shown = _BAD_LETTER.sub("?", name)[:200]
    return MachshError(
        f"The archive is refused: '{shown}' {why}", hint="nothing was restored; who made this file?"
    )


def _check_manifest(path: Path) -> None:
    try:
        manifest = parse_json(read_regular(path).decode())
    except (OSError, ValueError) as error:
        raise DamagedFileError() from error
    is_ours = isinstance(manifest, dict) and manifest.get("format") == FORMAT
    version = manifest.get("version") if is_ours else None
    if type(version) is not int or version < 1:
        raise DamagedFileError()
    if version > VERSION:
        raise MachshError(
            f"The archive has version {version} of its format; this machsh reads version {VERSION}",
            hint="upgrade machsh; nothing was restored",
        )
