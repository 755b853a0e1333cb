"""Supplies the values of variables and `$(...)` from a session."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.environment import Environment
from machsh.language.tree import Program
from machsh.session.streams import close, pipe, with_streams

if TYPE_CHECKING:
    from machsh.session.session import Session


@dataclass(frozen=True, slots=True)
class SessionScope:
    """Implements `language.VariableScope` for a session; `run` executes the commands in `$(...)`."""

    session: Session
    environment: Environment
    allows_unset: bool
    run: Callable[[Program, Environment], int]

    @property
    def arguments(self) -> Sequence[str]:
        """`$1`, `$2`, ..."""
        return self.session.arguments

    @property
    def status(self) -> int:
        """`$?`."""
        return self.session.status

    @property
    def home(self) -> str:
        """The user's home folder, for `~`."""
        return str(self.environment.home)

    def lookup(self, name: str) -> str | None:
        """Return a variable's value; None if it is unset."""
        return self.session.lookup(name)

    def capture(self, program: Program) -> str:
        """Run a program; return its output without trailing line ends."""
        pieces: list[bytes] = []
        reading, writing = pipe()

        def read() -> None:
            while piece := os.read(reading.fileno(), 1 << 16):
                pieces.append(piece)

        reader = threading.Thread(target=read, name="machsh-capture", daemon=True)
        reader.start()
        try:
            self.session.status = self.run(program, with_streams(self.environment, stdout=writing))
        finally:
            close(writing)
            reader.join()
            close(reading)
        return b"".join(pieces).decode("utf-8", "surrogateescape").rstrip("\r\n")
