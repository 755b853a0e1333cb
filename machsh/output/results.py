"""What a command gives back: data, printed by `machsh.output`'s writer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """Lines for a person or a program, printed as they are with one newline at the end."""

    text: str
    code: int = 0
    """The command's exit code."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; the writer aligns, truncates or turns it into JSON, CSV or a template's lines."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    styles: Sequence[Sequence[str]] = ()
    """Theme names for the cells, in the rows' shape, or empty."""


@dataclass(frozen=True, slots=True)
class Document:
    """Nested data, printed as JSON the way Go would."""

    content: Any


@dataclass(frozen=True, slots=True)
class Stream:
    """Text that comes piece by piece; printed as it comes."""

    pieces: Iterable[str]


@dataclass(frozen=True, slots=True)
class Exit:
    """A child's exit code, passed on unchanged."""

    code: int


Result = Text | Table | Document | Stream | Exit | None
"""What a handler gives back."""
