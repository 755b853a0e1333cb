"""The user's input for a command on a machine, given back the moment the command ends."""

from __future__ import annotations

import os
import select
from typing import TextIO

PAUSE = 0.1
"""Seconds between looks at whether the command has ended."""


class InterruptibleInput:
    """Reads a stream's file only when something is there, so that no key meant for the prompt is taken.

    It has the `read` and `read1` of a binary file. `end` makes a waiting reader give up within `PAUSE`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._number = stream.fileno()
        self._has_ended = False

    def read1(self, size: int = 1 << 16) -> bytes:
        """What is there, waiting for the first byte; empty at the end of the input or after `end`."""
        while not self._has_ended:
            ready, _, _ = select.select([self._number], [], [], PAUSE)
            if ready and not self._has_ended:
                return os.read(self._number, size)
        return b""

    read = read1

    def end(self) -> None:
        """The command is over: read no more."""
        self._has_ended = True
