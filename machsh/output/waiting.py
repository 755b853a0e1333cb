"""Says what is waited for once that takes longer than a moment, and leaves no trace of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from machsh.environment import Environment
from machsh.output import console
from machsh.output.terminal_text import clean_line
from machsh.output.theme import Theme

TICK_SECONDS = 1.0
_CLEAR_LINE = "\r\x1b[K"


@contextmanager
def waiting(environment: Environment, text: str) -> Iterator[None]:
    """Show `text` and the seconds on the terminal of stderr, from the first full second on, until the end.

    For commands whose stdout is data. Where stderr is no terminal, nothing is shown.
    """
    is_shown = environment.is_terminal(environment.stderr) and not environment.is_dumb_terminal
    if not is_shown or environment.is_docker_machine:
        yield
        return
    notice = _Notice(environment, text)
    thread = threading.Thread(target=notice.run, name="machsh-waiting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        notice.end()


class _Notice:
    def __init__(self, environment: Environment, text: str) -> None:
        self._environment = environment
        self._text = clean_line(text)
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._seconds = 0

    def run(self) -> None:
        """Draw the line anew each second."""
        while not self._ended.wait(TICK_SECONDS):
            with self._guard:
                if not self._ended.is_set():
                    self._seconds += 1
                    self._draw(f"{self._text} {self._seconds}s")

    def end(self) -> None:
        """Take the line away."""
        with self._guard:
            self._ended.set()
            if self._seconds:
                console.put(self._environment.stderr, _CLEAR_LINE, is_ours=True)

    def _draw(self, text: str) -> None:
        stream = self._environment.stderr
        columns, _ = console.size(self._environment, stream)
        shown = Theme.of(self._environment, stream).paint(console.cut(text, columns - 1), "dim")
        console.put(stream, f"{_CLEAR_LINE}{shown}", is_ours=True)
