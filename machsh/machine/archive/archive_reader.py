"""Unpacks what `restore` accepts: our archives, tar and zip files of a store or of a machine, and folders."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from machsh.age.errors import DamagedFileError
from machsh.errors import MachshError
from machsh.files import explain
from machsh.machine.archive.archive_writer import Written
from machsh.machine.archive.unpacked_tree import MOST_FILES, UnpackedTree, unwanted
from machsh.regular_file import open_regular

if TYPE_CHECKING:
    from machsh.age.age_keys import Unwrapper

_LARGEST_READ = 8 << 20
_AGE, _ARMOR, _GZIP, _ZIP = b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED", b"\x1f\x8b", b"PK\x03\x04"
_BEGIN = 64
"""How many bytes show an archive's kind."""
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
    ValueError,
)

GetKeys = Callable[[bool], "Sequence[Unwrapper]"]
"""Returns the keys for an encrypted archive; told whether it is encrypted with a passphrase."""


def unpack(path: Path, folder: Path, get_keys: GetKeys, written: Written | None = None) -> None:
    """Unpack an archive, or copy a folder, into the empty `folder`; report progress to `written`.

    Raises MachshError for an archive that is truncated, modified, of a newer version or another kind, or
    contains links, devices, or names outside the folder. The content of `folder` is then undefined.
    """
    if path.is_dir():
        _copy_folder(path, folder)
        return
    tree = UnpackedTree(folder, written)
    try:
        with open_regular(path) as file:
            _unpack_file(file, tree, get_keys)
        tree.check_whole()
    except _DAMAGED as error:
        raise MachshError(
            f"{path} cannot be restored: it is damaged, or no archive at all",
            hint="restore reads what backup and share write, tar and zip files of a store, and folders",
        ) from error
    except OSError as error:
        raise explain(error, path) from error


def _unpack_file(file: io.BufferedReader, tree: UnpackedTree, get_keys: GetKeys) -> None:
    begin = file.peek(_BEGIN)[:_BEGIN]
    tree.is_packed = begin.startswith((_GZIP, _ZIP))
    if begin.startswith(_AGE):
        _unpack_encrypted(file, tree, get_keys(b"\n-> scrypt " in begin))
    elif begin.startswith(_ARMOR):
        raise MachshError("The archive is in age's text form", hint="decrypt it: age -d, and restore that")
    elif begin.startswith(_ZIP):
        _unpack_zip(file, tree)
    elif begin.startswith(_GZIP):
        with gzip.GzipFile(fileobj=file) as plain:
            _unpack_tar(plain, tree)
    else:
        _unpack_tar(file, tree)


def _unpack_encrypted(file: IO[bytes], tree: UnpackedTree, keys: Sequence[Unwrapper]) -> None:
    from machsh.age.age_stream import DecryptingReader

    with io.BufferedReader(DecryptingReader(file, keys), 1 << 16) as plain:  # type: ignore[type-var,arg-type]
        _unpack_tar(plain, tree)
        while plain.read(1 << 16):  # to the last chunk, which shows that nothing is missing
            pass


class _Source(Protocol):
    """What a tar file is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes."""


def _unpack_tar(file: _Source, tree: UnpackedTree) -> None:
    with tarfile.open(fileobj=_ForwardReader(file, tree), mode="r:") as tar:
        for member in tar:
            tar.members = []  # type: ignore[attr-defined] # or all headers would stay in memory
            if member.isdir():
                tree.check(member.name)
            elif not member.isreg() or member.issparse():
                raise unwanted(member.name, "is neither a file nor a folder")
            elif content := tar.extractfile(member):
                tree.add(member.name, content, member.size)


def _unpack_zip(file: IO[bytes], tree: UnpackedTree) -> None:
    with zipfile.ZipFile(file) as packed:
        if len(packed.infolist()) > MOST_FILES:
            raise tree.too_much()
        for entry in packed.infolist():
            kind = entry.external_attr >> 28  # the file type of a Unix mode; 0 where there is none
            if entry.is_dir():
                tree.check(entry.filename)
            elif kind not in (0, 0o10):
                raise unwanted(entry.filename, "is neither a file nor a folder")
            elif entry.flag_bits & 1:
                raise unwanted(entry.filename, "is encrypted: unpack the zip file, and restore the folder")
            else:
                with packed.open(entry) as content:
                    tree.add(entry.filename, content, entry.file_size)


class _ForwardReader(io.RawIOBase):
    """Reads a stream that cannot go back, as `tarfile` wants it, and never much at a time."""

    def __init__(self, file: _Source, tree: UnpackedTree) -> None:
        super().__init__()
        self._file = file
        self._tree = tree
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes. A size that no valid header needs is refused."""
        if not 0 <= size <= _LARGEST_READ:
            raise tarfile.ReadError("a header of an impossible size")
        content = self._file.read(size)
        self._at += len(content)
        return content

    def tell(self) -> int:
        """Return how many bytes were read or skipped."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Skip forward to `offset`."""
        if offset < self._at or whence != 0:
            raise tarfile.ReadError("a header that leads back")
        while self._at < offset:
            passed = len(self.read(min(offset - self._at, 1 << 20)))
            if not passed:
                raise DamagedFileError()
            self._tree.count_passed(passed)
        return self._at


def _copy_folder(source: Path, folder: Path) -> None:
    """Copy the records, keys and certificates of a store, or of one machine's folder.

    Links are followed, as docker-machine follows them. Raises MachshError.
    """
    tree = UnpackedTree(folder)
    try:
        for place in _folders_of(source):
            for entry in sorted(place.iterdir()):
                if entry.name.startswith(".") or not entry.is_file():
                    continue
                with open_regular(entry) as content:
                    relative = Path(source.name or "store") / entry.relative_to(source)
                    tree.add(relative.as_posix(), content, entry.stat().st_size)
    except OSError as error:
        raise explain(error, source) from error


def _folders_of(source: Path) -> list[Path]:
    """Return the folders to read: in a store, those of the machines and authorities."""
    inner = [one for one in (source / "certs", source / "machines") if one.is_dir()]
    return [source, *inner, *(one for place in inner for one in sorted(place.iterdir()) if one.is_dir())]
