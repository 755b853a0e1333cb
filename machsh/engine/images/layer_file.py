"""A layer's file, which others may read while it is still written."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from machsh.errors import MachshError
from machsh.regular_file import open_regular

_PIECE = 1 << 18
_LOOK_SECONDS = 0.5


class RetractedError(MachshError):
    """A layer is damaged or incomplete. It may still come in another way."""


class LayerFile:
    """A layer's tar of known size. One thread writes it sequentially while others read it."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self._there = 0
        self._is_whole = self._is_retracted = False
        self._news = threading.Condition()

    @classmethod
    def whole(cls, path: Path) -> LayerFile:
        """Return the file of a complete layer. Raises OSError."""
        file = cls(path, path.stat().st_size)
        file.finish()
        return file

    def grow(self, there: int) -> None:
        """Make the first `there` bytes available to readers."""
        with self._news:
            self._there = there
            self._news.notify_all()

    def finish(self) -> None:
        """Mark the layer as complete and verified."""
        with self._news:
            self._there, self._is_whole = self.size, True
            self._news.notify_all()

    def retract(self) -> None:
        """Mark the layer as damaged: readers get a RetractedError."""
        with self._news:
            self._is_retracted = True
            self._news.notify_all()

    def wait(self) -> None:
        """Wait until the layer is complete and verified. Raises RetractedError."""
        with self._news:
            while not self._is_whole:
                self._wait()

    def pieces(self) -> Iterator[bytes]:
        """Yield the content as it comes. Raises RetractedError, and OSError if the file became shorter."""
        with self._opened() as file:
            done = 0
            while done < self.size:
                # Not the file's own `read`, which would keep bytes that are not written yet.
                piece = os.pread(file.fileno(), min(_PIECE, self._beyond(done) - done), done)
                if not piece:
                    raise OSError(f"{self.path} became shorter while it was sent")
                done += len(piece)
                yield piece

    def _opened(self) -> IO[bytes]:
        try:
            return open_regular(self.path)
        except FileNotFoundError:
            self._check()
            raise

    def _beyond(self, done: int) -> int:
        with self._news:
            while self._there <= done or self._is_retracted:
                self._wait()
            return self._there

    def _wait(self) -> None:
        self._check()
        self._news.wait(_LOOK_SECONDS)

    def _check(self) -> None:
        if self._is_retracted:
            raise RetractedError("a layer that was begun does not come in this way")
