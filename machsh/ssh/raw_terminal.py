"""Raw mode of the terminal, for a shell or program on another computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raw(keys: int) -> Iterator[None]:
    """Put a terminal in raw mode, so that Ctrl-C is passed on like any key; restore it at the end.

    `keys` is the terminal's file descriptor; does nothing if it is not a terminal. POSIX only.
    """
    import os
    import termios
    import tty

    if not os.isatty(keys):
        yield
        return
    before = termios.tcgetattr(keys)
    try:
        tty.setraw(keys, termios.TCSADRAIN)  # DRAIN, not FLUSH, keeps what was typed ahead
        yield
    finally:
        termios.tcsetattr(keys, termios.TCSADRAIN, before)
