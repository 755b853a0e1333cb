"""The nodes of the syntax tree. All are immutable; spans are offsets in `Program.source`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from machsh.language.source import SourceText

Span = tuple[int, int]
"""(start, end): offsets of the first character and of the one after the last."""


class Literal(NamedTuple):
    """Text without expansion, quotes and escapes removed."""

    text: str
    is_quoted: bool
    span: Span


class Variable(NamedTuple):
    """`$X`, `${X}`, `${X:-default}`, `$1`, `$@`, `$#`, `$?`."""

    name: str
    default: tuple[Part, ...] | None
    """The replacement for an unset or empty variable; None without `:-`."""
    is_quoted: bool
    span: Span


class Substitution(NamedTuple):
    """`$(...)`: expands to the output of its commands."""

    program: Program
    is_quoted: bool
    span: Span


Part = Literal | Variable | Substitution


class Word(NamedTuple):
    """One word: a sequence of parts without spaces between them."""

    parts: tuple[Part, ...]
    span: Span

    @property
    def literal(self) -> str | None:
        """The word's text without quotes; None if it has a variable or `$(...)`."""
        pieces = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(pieces) if len(pieces) == len(self.parts) else None

    @property
    def plain(self) -> str | None:
        """The text of a word without quote, escape or variable, else None. Only plain words are keywords."""
        part = self.parts[0] if len(self.parts) == 1 else None
        return part.text if isinstance(part, Literal) and not part.is_quoted else None

    @property
    def opening(self) -> str:
        """The unquoted text at the start of the word; empty if it begins with anything else."""
        part = self.parts[0]
        return part.text if isinstance(part, Literal) and not part.is_quoted else ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """`> FILE`, `>> FILE`, `2> FILE`, `< FILE`, `2>&1`, `&> FILE`."""

    descriptors: tuple[int, ...]
    """The redirected descriptors: 0, 1, 2, or 1 and 2."""
    mode: str
    """How the file is opened: `r`, `w` or `a`; empty for `2>&1`."""
    file: Word | None
    like: int
    """The descriptor to copy if there is no file."""
    span: Span


@dataclass(frozen=True, slots=True)
class Simple:
    """A command: its words and redirections."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    targets: Word | None
    """The `@...` word before it."""
    span: Span


@dataclass(frozen=True, slots=True)
class Escape:
    """`!text`: a line for the system's shell."""

    text: str
    targets: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by `|`: each reads the output of the one before."""

    parts: tuple[Simple | Escape, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Chain:
    """Pipelines joined by `&&` and `||`; `rest` holds (operator, pipeline)."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """`if CONDITION ... else ... end`."""

    condition: Chain
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for NAME in WORDS ... end`."""

    name: str
    words: tuple[Word, ...]
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; it ends with its line or at a semicolon."""

    body: Chain | If | For
    ignores_failure: bool
    """It has the prefix `-`: a failure counts as success."""
    span: Span


@dataclass(frozen=True, slots=True)
class Program:
    """A whole text."""

    statements: tuple[Statement, ...]
    source: SourceText

    def text(self, node: Statement | Chain | Simple | Escape | Pipeline) -> str:
        """Return a node's source text, joined to one line."""
        written = self.source.text[node.span[0] : node.span[1]]
        return " ".join(written.replace("\\\r\n", " ").replace("\\\n", " ").split("\n")).strip()
