"""A terminal that hands every key over, for a shell or a program on another computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raw(keys: int) -> Iterator[None]:
    """Keys of the terminal go over as they are, Ctrl-C too; it is put back whatever happens.

    `keys` is its file descriptor; one that is no terminal stays as it is. POSIX only.
    """
    import os
    import termios
    import tty

    if not os.isatty(keys):
        yield
        return
    before = termios.tcgetattr(keys)
    try:
        tty.setraw(keys, termios.TCSADRAIN)  # what was typed ahead is kept
        yield
    finally:
        termios.tcsetattr(keys, termios.TCSADRAIN, before)
