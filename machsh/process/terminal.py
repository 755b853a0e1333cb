"""The terminal that is lent to a child: which process group owns it, and its modes before and after."""

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
"""Leaves what a killed full-screen program had entered: screen, mouse, paste mode, hidden cursor."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The controlling terminal, by its file descriptor."""

    file: int
    output: int

    @classmethod
    def of(cls, environment: Environment) -> Terminal | None:
        """The terminal when we own it now and can lend it; None on Windows, on a pipe, in the background."""
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
        """Make a process group the one that gets keys and signals."""
        with _allowed(), contextlib.suppress(OSError):
            os.tcsetpgrp(self.file, group)

    def take_back(self) -> None:
        """Make our own group the owner again."""
        self.give_to(os.getpgrp())

    def modes(self) -> list[Any] | None:
        """Echo, line mode and the like; None when the terminal is gone."""
        try:
            return termios.tcgetattr(self.file)
        except termios.error:
            return None

    def set_modes(self, modes: list[Any] | None) -> None:
        """Set what `modes` returned earlier."""
        if modes is not None:
            with _allowed(), contextlib.suppress(termios.error):
                termios.tcsetattr(self.file, termios.TCSADRAIN, modes)

    def clean(self) -> None:
        """Undo what a killed program may have left on the screen."""
        with contextlib.suppress(OSError):
            os.write(self.output, _RESET)


@contextlib.contextmanager
def _allowed() -> Iterator[None]:
    """Use the terminal from the background. Blocked and not ignored: a child would inherit the ignoring."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
