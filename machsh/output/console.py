"""Terminal size, safe writing to a stream, and cutting text to a width."""

from __future__ import annotations

import os
from typing import TextIO

from machsh.environment import Environment
from machsh.output.terminal_text import clean
from machsh.widths import width

DEFAULT_COLUMNS, DEFAULT_ROWS = 80, 24


def size(environment: Environment, stream: TextIO) -> tuple[int, int]:
    """Return columns and rows: of the stream's terminal, else COLUMNS and LINES, else 80 x 24."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError, AttributeError):
        columns, rows = 0, 0
    return columns or _number(environment, "COLUMNS", DEFAULT_COLUMNS), rows or _number(
        environment, "LINES", DEFAULT_ROWS
    )


def _number(environment: Environment, name: str, default: int) -> int:
    text = environment.variable(name) or ""
    return int(text) if text.isdecimal() and int(text) > 0 else default


def put(stream: TextIO, text: str, *, is_ours: bool = False) -> None:
    """Write and flush; characters that the stream's encoding lacks become question marks.

    On a terminal, control characters other than colours are shown as escapes, unless `is_ours` says that
    machsh made the whole text.
    """
    if not is_ours and _is_terminal(stream):
        text = clean(text, keeps_colors=True)
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (ValueError, AttributeError):
        return False


def cut(text: str, columns: int) -> str:
    """Cut the text to `columns`, ending in an ellipsis if anything is lost."""
    if width(text) <= columns:
        return text
    taken = 0
    for place, letter in enumerate(text):
        taken += width(letter)
        if taken > columns - 1:
            return text[:place] + "…"[:columns]
    return text
