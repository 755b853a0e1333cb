"""Streams as they are: how wide they are, and how text gets there whole."""

from __future__ import annotations

import os
from typing import TextIO

from machsh.environment import Environment
from machsh.output.terminal_text import clean
from machsh.widths import width

DEFAULT_COLUMNS, DEFAULT_ROWS = 80, 24


def size(environment: Environment, stream: TextIO) -> tuple[int, int]:
    """Columns and rows of a terminal; 80 x 24 when nobody knows."""
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
    """Write and flush; letters that the stream cannot show become question marks.

    A terminal gets text through the filter; only colours pass, unless every character `is_ours`.
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
    """The text's beginning that fits, with an ellipsis when something is lost."""
    if width(text) <= columns:
        return text
    taken = 0
    for place, letter in enumerate(text):
        taken += width(letter)
        if taken > columns - 1:
            return text[:place] + "…"[:columns]
    return text
