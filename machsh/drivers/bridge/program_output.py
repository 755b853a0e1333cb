"""Drains the pipes of a driver program: its first line is its address, all others are shown as they come."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import IO

from machsh.deadline import Deadline
from machsh.progress import Progress

LONGEST_LINE = 4096
"""Longer lines are cut into pieces of so many bytes."""
MOST_LINES = 10_000
"""How many lines of a pipe are shown; the rest is drained unseen."""
_KEPT = 10


class ProgramOutput:
    """Two threads read until both pipes are closed, so that the program never blocks on a full pipe."""

    def __init__(self, stdout: IO[bytes], stderr: IO[bytes], progress: Progress) -> None:
        self._first: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._last: deque[str] = deque(maxlen=_KEPT)
        self._progress = progress
        self._threads = [
            threading.Thread(
                target=self._drain_stdout, args=(stdout,), daemon=True, name="machsh-driver-out"
            ),
            threading.Thread(
                target=self._drain, args=(stderr, progress.debug), daemon=True, name="machsh-driver-err"
            ),
        ]
        for thread in self._threads:
            thread.start()

    def first_line(self, deadline: Deadline) -> str | None:
        """Return the first line of stdout, "" if there is none before its end, None at the deadline."""
        try:
            return self._first.get(timeout=deadline.remaining).decode("utf-8", "replace").strip()
        except queue.Empty:
            return None

    def last_lines(self) -> str:
        """Return the last lines of both pipes, for messages."""
        return "\n".join(self._last)

    def wait(self, deadline: Deadline) -> bool:
        """Wait until both pipes are closed; return whether they are. A child of the program may hold them."""
        for thread in self._threads:
            thread.join(deadline.remaining)
        return not any(thread.is_alive() for thread in self._threads)

    def _drain_stdout(self, pipe: IO[bytes]) -> None:
        self._first.put(pipe.readline(LONGEST_LINE))
        self._drain(pipe, self._progress.info)

    def _drain(self, pipe: IO[bytes], show: Callable[[str], None]) -> None:
        with pipe:
            for count, line in enumerate(iter(lambda: pipe.readline(LONGEST_LINE), b"")):
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                self._last.append(text)
                if count < MOST_LINES:
                    show(text)
                elif count == MOST_LINES:
                    show(f"(more than {MOST_LINES} lines: the rest is not shown)")
