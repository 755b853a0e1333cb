"""The results of commands: data that `machsh.output.writer` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """Lines for a person or a program, printed unchanged and ended with a newline."""

    text: str
    code: int = 0
    """The command's exit code."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and columns; the writer prints them aligned and cut to the terminal, or as JSON or CSV."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    styles: Sequence[Sequence[str]] = ()
    """The look (a name in the theme) of each cell, in the shape of `rows`; empty for no looks."""
    code: int = 0
    """The command's exit code."""
    told: Sequence[str] = ()
    """The columns whose text has to be read whole, such as an error: where it is cut, it is told below."""


@dataclass(frozen=True, slots=True)
class Document:
    """Nested data, printed as JSON in Go's format."""

    content: Any
    code: int = 0
    """The command's exit code."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Text that is produced, and printed, piece by piece."""

    pieces: Iterable[str]


@dataclass(frozen=True, slots=True)
class Exit:
    """An exit code, such as a child's, with nothing to print."""

    code: int


Result = Text | Table | Document | Stream | Exit | None
"""The return type of a handler; None prints nothing and means exit code 0."""
