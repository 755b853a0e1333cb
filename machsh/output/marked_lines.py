"""Prints lines of several machines as they come, each behind its machine's name."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TextIO

from machsh.environment import Environment
from machsh.output import console
from machsh.output.theme import MACHINE_COLORS, Theme


class MarkedLines:
    """Prints each line as it comes, behind its machine's name. Threads may call `put` at the same time."""

    def __init__(self, names: Sequence[str], environment: Environment) -> None:
        self._environment = environment
        self._numbers = {name: number for number, name in enumerate(names)}
        self._column = max(len(name) for name in names)
        self._guard = threading.Lock()

    def put(self, name: str, stream: TextIO, lines: Sequence[bytes]) -> None:
        """Take whole lines of a machine. Raises OSError if they cannot be written."""
        theme = Theme.of(self._environment, stream)
        color = f"machine.{self._numbers[name] % MACHINE_COLORS}"
        mark = theme.paint(f"{name:<{self._column}} |", color) + " "
        with self._guard:
            console.put(stream, "".join(f"{mark}{shown_line(line)}\n" for line in lines))

    def finish(self, codes: Mapping[str, int]) -> None:
        """Do nothing: all is printed."""


def shown_line(line: bytes) -> str:
    """Return a line as a screen would show it, without the text that a carriage return overwrites."""
    text = line.decode("utf-8", "replace").rstrip("\r")
    return text.rpartition("\r")[2]
