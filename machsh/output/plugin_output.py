"""A driver program's output: docker-machine shows stdout as it is, and stderr only with `--debug`."""

from __future__ import annotations

import threading
from typing import TextIO

from machsh.output import console
from machsh.output.terminal_text import clean


class PluginOutput:
    """Writes progress in whole lines without control characters, from any thread."""

    def __init__(self, stdout: TextIO, stderr: TextIO) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._lock = threading.Lock()

    def step(self, text: str) -> None:
        """Write to stdout."""
        self._write(self._stdout, text)

    def info(self, text: str) -> None:
        """Write to stdout."""
        self._write(self._stdout, text)

    def warning(self, text: str) -> None:
        """Write to stdout."""
        self._write(self._stdout, text)

    def debug(self, text: str) -> None:
        """Write to stderr."""
        self._write(self._stderr, text)

    def done(self, *, is_good: bool = True) -> None:
        """Do nothing: a line needs no end."""

    def end(self, *, is_good: bool = True) -> None:
        """Do nothing: a line needs no end."""

    def close(self) -> None:
        """Let no thread write any more: Python must not end while one holds a stream."""
        self._lock.acquire()

    def _write(self, stream: TextIO, text: str) -> None:
        with self._lock:
            try:
                console.put(stream, clean(text) + "\n")
            except OSError:
                return  # nobody reads any more; the missing heartbeats will end the program
