"""The store's cache of guest images: each is fetched once, checked, and never changed afterwards.

Machines' disks refer to these files, so the cache belongs to the store, not to the user's folder of things to
throw away. A file lies in a folder named by its content's digest, or by its source where no digest is
known beforehand:

    STORE/cache/images/KEY/FILE        complete and checked, read-only
    STORE/cache/images/KEY/FILE.part   being downloaded
    STORE/cache/images/KEY.lock
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from machsh.drivers.guest.disk import check_if_possible, detect_format
from machsh.drivers.guest.download import (
    PART,
    Download,
    DownloadLimits,
    GoneError,
    check_space,
    digest_of,
    forget,
    shown_url,
    sync,
)
from machsh.drivers.guest.image_catalog import DIGEST_LENGTHS, GuestImage, file_name_of
from machsh.errors import DeadlineError, MachshError
from machsh.files import explain, locked, make_private_folder
from machsh.humanize import byte_size
from machsh.progress import Progress
from machsh.regular_file import open_regular

FOLDER = "images"
"""Name of the folder below the store's `cache`."""
READ_ONLY = 0o444
_KEY_DIGITS = 24
_SUM_LINE = re.compile(r"(?P<hex>[0-9a-fA-F]{64,128})\s+[ *]?(?P<name>\S+)")
_BSD_LINE = re.compile(r"SHA\d+ \((?P<name>[^)]+)\) = (?P<hex>[0-9a-fA-F]{64,128})")


@dataclass(frozen=True, slots=True)
class ImageCache:
    """Fetches images into the store. `variables` name the proxies."""

    store_folder: Path
    variables: Mapping[str, str]
    progress: Progress
    limits: DownloadLimits = field(default_factory=DownloadLimits)

    @property
    def folder(self) -> Path:
        """The folder of all cached images."""
        return self.store_folder / "cache" / FOLDER

    def fetch(self, image: GuestImage) -> Path:
        """Return the path of the image's complete, checked file; download or copy it if it is not cached.

        The path stays the same for the same content, so a disk may refer to it. If another process fetches
        the same image, wait for it, and say so. A release that its publisher has removed is replaced by its
        successor, with a warning. Raises MachshError or DeadlineError; what has arrived by then is kept and
        the next call resumes it.
        """
        try:
            return self._fetch(image)
        except GoneError:
            if image.successor is None:
                raise
            self.progress.warning(
                f"{image.file_name} is no longer at its publisher: taking the newest {image.name} instead"
            )
            return self._fetch(image.successor)
        except MachshError as error:
            cached = self.find(image.successor) if image.successor else None
            if cached is None:
                raise
            self.progress.warning(f"{error}: taking the {image.name} that is in the cache instead")
            return cached

    def find(self, image: GuestImage) -> Path | None:
        """Return the path of the image's file if it is cached, else None. Uses no network."""
        path = self._place(image)
        return path if path.is_file() else None

    def _place(self, image: GuestImage) -> Path:
        return self.folder / _key(image) / image.file_name

    def _fetch(self, image: GuestImage) -> Path:
        path = self._place(image)
        if path.is_file():
            return path
        make_private_folder(path.parent)
        with self._locked(image, path):
            if not path.is_file():
                self._bring(image, path)
        return path

    @contextlib.contextmanager
    def _locked(self, image: GuestImage, path: Path) -> Iterator[None]:
        lock = path.parent.with_name(f"{path.parent.name}.lock")
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(locked(lock, 0.1))
            except DeadlineError:
                self.progress.info(f"Waiting for another machsh that fetches {image.file_name}...")
                stack.enter_context(locked(lock, self.limits.total_seconds))
            yield

    def _bring(self, image: GuestImage, path: Path) -> None:
        digest = image.digest or self._published_digest(image)
        part = self._copied(image, path) if image.is_local else self._downloaded(image, path, digest)
        try:
            detect_format(part)
            if not digest:
                check_if_possible(part, self.variables)
        except MachshError:
            forget(part)
            raise
        try:
            sync(part)
            os.chmod(part, READ_ONLY)
            os.replace(part, path)
            forget(part)
        except OSError as error:
            raise explain(error, path) from error

    def _published_digest(self, image: GuestImage) -> str:
        if not image.sums_url:
            return ""
        sums = self._download(image.sums_url, Path(file_name_of(image.sums_url))).text()
        found = published_digest(sums, image.file_name)
        if not found:
            raise MachshError(
                f"{shown_url(image.sums_url)} has no checksum of {image.file_name}",
                hint="give the checksum yourself, or take another image",
            )
        return found

    def _download(self, url: str, target: Path) -> Download:
        return Download(url, target, self.variables, self.progress, self.limits)

    def _downloaded(self, image: GuestImage, path: Path, digest: str) -> Path:
        download = self._download(image.url, path)
        self.progress.info(f"Downloading {download.shown}...")
        was_resumed = download.part.exists()
        part = download.run()
        if self._is_right(image, part, digest, ends=not was_resumed):
            return part
        self.progress.warning(f"{path.name}: the resumed download is not what was published; beginning anew")
        download.forget()
        part = download.run()
        self._is_right(image, part, digest, ends=True)
        return part

    def _is_right(self, image: GuestImage, part: Path, digest: str, *, ends: bool) -> bool:
        """Check the file's digest. With `ends`, a wrong file is deleted and a MachshError raised."""
        kind = digest.partition(":")[0] or "sha256"
        found = digest_of(part, kind)
        if not digest:
            self.progress.warning(
                f"{image.file_name} cannot be checked, as no checksum of it is known; it has {found}"
            )
        if not digest or found == digest:
            return True
        if ends:
            forget(part)
            raise MachshError(
                f"{image.file_name} has a wrong checksum: {found}, and {digest} was expected",
                hint="the file was damaged or changed on its way: try again, or take another source",
            )
        return False

    def _copied(self, image: GuestImage, path: Path) -> Path:
        """Copy a local file, holes as holes; it may change later, and disks must not."""
        source = image.path
        part = path.with_name(path.name + PART)
        try:
            size = (
                source.stat().st_blocks * 512
                if hasattr(source.stat(), "st_blocks")
                else source.stat().st_size
            )
            check_space(path.parent, size, path.name)
            self.progress.info(f"Copying {source} ({byte_size(size)}) into the cache...")
            copy_sparse(source, part)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise explain(error, source) from error
        if image.digest:
            self._is_right(image, part, image.digest, ends=True)
        return part


def published_digest(sums: str, file_name: str) -> str:
    """Return `KIND:HEX` for a file from the text of a file of sums; "" if it is not listed.

    Both usual forms are read: `HEX  NAME` and `SHA256 (NAME) = HEX`.
    """
    kinds = {length: kind for kind, length in DIGEST_LENGTHS.items()}
    for line in sums.splitlines():
        found = _SUM_LINE.fullmatch(line.strip()) or _BSD_LINE.fullmatch(line.strip())
        if found and found["name"].removeprefix("./") == file_name and len(found["hex"]) in kinds:
            return f"{kinds[len(found['hex'])]}:{found['hex'].lower()}"
    return ""


def _key(image: GuestImage) -> str:
    """Name a folder by the content's digest, else by the source. Raises MachshError for a missing file."""
    if image.digest:
        return image.digest.partition(":")[2][:_KEY_DIGITS]
    source = image.url
    if image.is_local:
        source = _identity(image.path)
    return hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:_KEY_DIGITS]


def _identity(path: Path) -> str:
    """A file that was replaced or written to is another one."""
    try:
        status = path.stat()
    except OSError as error:
        raise explain(error, path) from error
    if not path.is_file():
        raise MachshError(f"{path} is not a file", hint="name a disk image")
    return f"{path} {status.st_ino} {status.st_size} {status.st_mtime_ns}"


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a file without writing its holes. Raises OSError."""
    size = source.stat().st_size
    with open_regular(source) as reader, target.open("wb") as writer:
        writer.truncate(size)
        for start, end in _data_ranges(reader.fileno(), size):
            _copy_range(reader.fileno(), writer.fileno(), start, end)


def _data_ranges(handle: int, size: int) -> Iterator[tuple[int, int]]:
    if not hasattr(os, "SEEK_DATA"):
        yield 0, size
        return
    position = 0
    while position < size:
        try:
            start = os.lseek(handle, position, os.SEEK_DATA)
        except OSError:  # no data after this position
            return
        position = os.lseek(handle, start, os.SEEK_HOLE)
        yield start, position


def _copy_range(reader: int, writer: int, start: int, end: int) -> None:
    os.lseek(reader, start, os.SEEK_SET)
    os.lseek(writer, start, os.SEEK_SET)
    while start < end:
        piece = os.read(reader, min(1 << 20, end - start))
        if not piece:
            return
        view = memoryview(piece)
        while view:
            view = view[os.write(writer, view) :]
        start += len(piece)
