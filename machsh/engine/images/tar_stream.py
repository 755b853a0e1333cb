"""Reads tars that engines send as a stream; what tarfile keeps in memory of them is bounded."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

PIECE = 1 << 20
"""How many bytes are read and written at a time."""
_MOST_NAME = 1 << 16
"""Bytes of a name that has a record of its own."""


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member of a tar. Its content can be read until the next member is asked for."""

    entry: tarfile.TarInfo
    content: IO[bytes] | None
    """None unless it is a regular file."""

    @property
    def raw_name(self) -> bytes:
        """The name as its bytes are in the tar."""
        return self.entry.name.encode("utf-8", "surrogateescape")

    @property
    def raw_target(self) -> bytes:
        """The target of a link as its bytes are in the tar."""
        return self.entry.linkname.encode("utf-8", "surrogateescape")


def members(read: Callable[[int], bytes], most: int) -> Iterator[TarMember]:
    """Yield the members of a tar of at most `most` members. Raises tarfile.TarError, or what `read` does."""
    source: Any = _Readable(read)
    with tarfile.open(
        fileobj=source,
        mode="r|",
        bufsize=PIECE,
        tarinfo=_BoundedEntry,
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        count = 0
        while (entry := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile would keep all of them
            count += 1
            if count > most:
                raise tarfile.ReadError(f"it has more than {most} files")
            yield TarMember(entry, archive.extractfile(entry) if entry.isreg() else None)


@dataclass(frozen=True, slots=True)
class _Readable:
    """The part of a file that tarfile needs to read a stream."""

    read: Callable[[int], bytes]


class _BoundedEntry(tarfile.TarInfo):
    """An entry whose extra records, which tarfile reads into memory, are not large."""

    _EXTRA = (
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    )

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in self._EXTRA and self.size > _MOST_NAME:
            raise tarfile.ReadError("a name is too long")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]
