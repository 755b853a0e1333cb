"""The terminal that a child borrows: its owning process group, and its modes before and after."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from machsh.environment import Environment

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

_RESET = b"\x1b7\x1b[?1049l\x1b8\x1b[?1000;1002;1003;1006l\x1b[?2004l\x1b[?25h\x1b[?1l\x1b>\x1b(B\x1b[0m"
"""Undoes what a killed full-screen program had set: alternate screen, mouse, paste mode, hidden cursor."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The controlling terminal: `file` is the descriptor to control it by, `output` the one to write to."""

    file: int
    output: int

    @classmethod
    def of(cls, environment: Environment) -> Terminal | None:
        """Return the terminal if our process group owns it; None on Windows, on a pipe, in the background."""
        if termios is None:
            return None
        try:
            file = environment.stdin.fileno()
            if os.tcgetpgrp(file) != os.getpgrp():
                return None
            output = environment.stdout.fileno() if environment.is_terminal(environment.stdout) else file
        except (OSError, ValueError, AttributeError):
            return None
        return cls(file, output)

    def give_to(self, group: int) -> None:
        """Make a process group the foreground one, which gets keys and signals."""
        with _allowed(), contextlib.suppress(OSError):
            os.tcsetpgrp(self.file, group)

    def take_back(self) -> None:
        """Make our own process group the foreground one again."""
        self.give_to(os.getpgrp())

    def modes(self) -> list[Any] | None:
        """Return the termios settings (echo, line mode, ...); None when the terminal is gone."""
        try:
            return termios.tcgetattr(self.file)
        except termios.error:
            return None

    def set_modes(self, modes: list[Any] | None) -> None:
        """Restore settings that `modes` returned; None changes nothing."""
        if modes is not None:
            with _allowed(), contextlib.suppress(termios.error):
                termios.tcsetattr(self.file, termios.TCSADRAIN, modes)

    def clean(self) -> None:
        """Reset the screen after a program was killed."""
        with contextlib.suppress(OSError):
            os.write(self.output, _RESET)


@contextlib.contextmanager
def _allowed() -> Iterator[None]:
    """Allow changes to the terminal from the background, by blocking SIGTTOU.

    Blocking concerns this thread only; a child that another thread starts would inherit an ignored signal.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
