"""Where what plugins print goes: to stderr, and nowhere while they complete at the prompt."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_silent: set[int] = set()


class PrintedText(io.TextIOBase):
    """Stands in for `sys.stdout`, where machsh itself prints nothing: a command's output stays its own."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Write to stderr, unless the thread is silent."""
        return len(text) if threading.get_ident() in _silent else self._stderr.write(text)

    def flush(self) -> None:
        """Flush stderr."""
        self._stderr.flush()


@contextmanager
def silent() -> Iterator[None]:
    """Drop what this thread prints: it would land in the line that the user is typing."""
    thread = threading.get_ident()
    _silent.add(thread)
    try:
        yield
    finally:
        _silent.discard(thread)
