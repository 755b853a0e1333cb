"""Reassembles a layer's tar from its unpacked files and the engine's `tar-split.json.gz`.

An engine unpacks a layer into a folder, and keeps everything of the tar that is no file's content in
`tar-split.json.gz`: a line of JSON for each stretch of raw bytes and for each file, in the tar's order. With
the files' contents in their places it is the same tar, to the byte.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import posixpath
import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from machsh.engine.images.layer_file import LayerFile
from machsh.engine.images.tar_stream import PIECE, TarMember

_MOST_UNPACKED = 1 << 30
_MOST_LINE = 16 << 20
"""Size limit in bytes of a line: the raw bytes between two files, or after the last."""
_MOST_FILES = 1_000_000
_MOST_SIZE = 1 << 40
"""Size limit of a layer in bytes."""
_FILE, _RAW = 1, 2
"""Kinds of lines."""
_MALFORMED = (gzip.BadGzipFile, zlib.error, EOFError, LookupError, TypeError, RecursionError)
"""What Python's own readers raise, beside ValueError."""


class SplitLayer:
    """A layer's tar in a file; its files' contents are put in as they come, in any order.

    Names are keys here, and never paths. What a description claims to be large costs nothing: only what
    was put in is written and hashed.
    """

    def __init__(self, path: Path, packed: bytes, folder: bytes) -> None:
        """Lay out the tar that `packed`, a `tar-split.json.gz`, describes; `folder` is where its files are.

        Raises ValueError for a malformed description, and OSError.
        """
        self._folder = folder + b"/"
        self._places: dict[bytes, tuple[int, int]] = {}
        """Name -> offset and size of the files whose content is still missing."""
        self._order: list[bytes] = []
        self._head = 0
        """All names in the tar's order, and how many of the first of them have their content."""
        self._told = 0
        """How many bytes are available to readers."""
        self._spares: dict[bytes, tuple[int, int]] = {}
        """Contents that no file of that name needs: the file is a hard link in the tar, and the folder's
        listing has it before the one that it is a link to. They are kept behind the tar."""
        self._path = path
        self._file = path.open("w+b")
        try:
            self._size = self._end = self._lay_out(packed)
            self._order = list(self._places)
        except BaseException as error:
            self.discard()
            if isinstance(error, _MALFORMED):
                raise ValueError(f"the description of a layer is malformed: {error}") from error
            raise
        self.result = LayerFile(path, self._size)
        """The layer, which others may read from now on."""

    def put(self, member: TarMember) -> None:
        """Put in a member of the folder's listing. Raises OSError, and ValueError if it does not fit."""
        if member.entry.islnk():
            self._link(self._name(member.raw_name), self._name(member.raw_target))
        elif member.content is not None and member.entry.size:
            self._fill(self._name(member.raw_name), member.content, member.entry.size)

    def finish(self, digest: str) -> None:
        """Finish `result`. Raises ValueError unless it is whole and has this digest, and OSError."""
        if self._places:
            raise ValueError(f"the contents of {len(self._places)} of a layer's files are missing")
        self._file.truncate(self._size)
        self._file.seek(0)
        found = f"sha256:{hashlib.file_digest(self._file, 'sha256').hexdigest()}"
        if found != digest:
            raise ValueError(f"a layer has the digest {found}, and not {digest}")
        self._file.close()
        self.result.finish()

    def discard(self) -> None:
        """Close and remove the file."""
        with suppress(OSError):  # on a full disk, what is still in memory cannot be written
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _lay_out(self, packed: bytes) -> int:
        """Write the raw stretches to their places, note those of files, and return the tar's size."""
        place = 0
        for line in _lines(packed):
            if line["type"] == _RAW:
                raw = b64decode(line["payload"])
                self._file.seek(place)
                self._file.write(raw)
                place += len(raw)
            elif line["type"] == _FILE and (size := line.get("size", 0)):
                if type(size) is not int or not 0 < size <= _MOST_SIZE - place:
                    raise ValueError(f"{size!r} is no size of a file")
                name = _key(_raw_name(line))
                if name in self._places or len(self._places) >= _MOST_FILES:
                    raise ValueError("a layer has a file twice, or too many")
                self._places[name] = place, size
                place += size
        return place

    def _name(self, path: bytes) -> bytes:
        if not path.startswith(self._folder):
            raise ValueError("a layer's listing leads out of its folder")
        return _key(path.removeprefix(self._folder))

    def _fill(self, name: bytes, content: IO[bytes], size: int) -> None:
        place, wanted = self._places.get(name, (self._end, size))
        if wanted != size:
            raise ValueError("a file has not the size that its layer's description tells")
        if name not in self._places:
            self._spares[name] = place, size
            self._end += size
        self._file.seek(place)
        while piece := content.read(PIECE):
            self._file.write(piece)
            place += len(piece)
            self._grow(name, place)
        self._places.pop(name, None)

    def _grow(self, name: bytes, place: int) -> None:
        """Make the bytes before `place` available, unless the content of an earlier file is missing."""
        while self._head < len(self._order) and self._order[self._head] not in self._places:
            self._head += 1
        is_first = self._head < len(self._order) and self._order[self._head] == name
        if is_first and place - self._told >= PIECE:
            self._file.flush()
            self.result.grow(place)
            self._told = place

    def _link(self, name: bytes, target: bytes) -> None:
        """Fill a file with the content that arrived under another of its names, at most once."""
        if name not in self._places:
            return
        spare, size = self._spares.pop(target, (0, 0))
        place, wanted = self._places.pop(name)
        if wanted != size:
            raise ValueError("a hard link leads to no content of its size")
        for done in range(0, size, PIECE):
            self._file.seek(spare + done)
            piece = self._file.read(min(PIECE, size - done))
            self._file.seek(place + done)
            self._file.write(piece)


def _lines(packed: bytes) -> Iterator[dict[str, Any]]:
    unpacked = 0
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as lines:
        while line := lines.readline(_MOST_LINE):
            unpacked += len(line)
            if unpacked > _MOST_UNPACKED:
                raise ValueError("the description of a layer is too long")
            yield json.loads(line)


def _raw_name(line: dict[str, Any]) -> bytes:
    raw = line.get("name_raw")
    return b64decode(raw) if raw else str(line["name"]).encode("utf-8", "surrogatepass")


def _key(name: bytes) -> bytes:
    """Return a name as all its spellings have it: `./a`, `/a` and `a` are one file."""
    return posixpath.normpath(b"/" + name).lstrip(b"/")
