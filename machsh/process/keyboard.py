"""Keyboard input for a command on a machine; reading stops as soon as the command ends."""

from __future__ import annotations

import os
from typing import TextIO

from machsh.descriptors import wait_ready

PAUSE = 0.1
"""Seconds between checks whether the command has ended."""


class InterruptibleInput:
    """Reads a stream only when data is available, so that it takes no key meant for the next prompt.

    Has the `read` and `read1` of a binary file. `end` makes a waiting reader return within `PAUSE` seconds.
    """

    def __init__(self, stream: TextIO) -> None:
        self._number = stream.fileno()
        self._has_ended = False

    def read1(self, size: int = 1 << 16) -> bytes:
        """Wait for data and return up to `size` bytes; b"" at the end of the input or after `end`."""
        while not self._has_ended:
            ready, _ = wait_ready([self._number], seconds=PAUSE)
            if ready and not self._has_ended:
                return os.read(self._number, size)
        return b""

    read = read1

    def end(self) -> None:
        """Stop reading, because the command has ended."""
        self._has_ended = True
