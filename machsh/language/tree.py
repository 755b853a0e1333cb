"""What a parsed text is made of. All of it is immutable; offsets refer to `Program.source`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from machsh.language.source import SourceText

Span = tuple[int, int]
"""First offset and the offset after the last letter."""


class Literal(NamedTuple):
    """Letters that stand for themselves."""

    text: str
    is_quoted: bool
    span: Span


class Variable(NamedTuple):
    """`$X`, `${X}`, `${X:-default}`, `$1`, `$@`, `$#`, `$?`."""

    name: str
    default: tuple[Part, ...] | None
    """What stands for an unset or empty variable; None without `:-`."""
    is_quoted: bool
    span: Span


class Substitution(NamedTuple):
    """`$(...)`: what the commands print."""

    program: Program
    is_quoted: bool
    span: Span


Part = Literal | Variable | Substitution


class Word(NamedTuple):
    """One word: pieces without space between them."""

    parts: tuple[Part, ...]
    span: Span

    @property
    def literal(self) -> str | None:
        """The word's text; None when it is only known at run time."""
        pieces = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(pieces) if len(pieces) == len(self.parts) else None

    @property
    def plain(self) -> str | None:
        """The text of a word without any quote, escape or variable: only such words are keywords."""
        part = self.parts[0] if len(self.parts) == 1 else None
        return part.text if isinstance(part, Literal) and not part.is_quoted else None

    @property
    def opening(self) -> str:
        """The unquoted letters that it begins with."""
        part = self.parts[0]
        return part.text if isinstance(part, Literal) and not part.is_quoted else ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """`> FILE`, `>> FILE`, `2> FILE`, `< FILE`, `2>&1`, `&> FILE`."""

    descriptors: tuple[int, ...]
    """What is redirected: 0, 1, 2, or 1 and 2."""
    mode: str
    """How the file is opened: `r`, `w` or `a`; empty for `2>&1`."""
    file: Word | None
    like: int
    """The descriptor that is copied when there is no file."""
    span: Span


@dataclass(frozen=True, slots=True)
class Simple:
    """A command: words, and where its streams go."""

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
    """Commands whose output is the next one's input."""

    parts: tuple[Simple | Escape, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Chain:
    """Pipelines joined by `&&` and `||`."""

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
    """What stands between two line ends or semicolons."""

    body: Chain | If | For
    ignores_failure: bool
    """A `-` stands before it."""
    span: Span


@dataclass(frozen=True, slots=True)
class Program:
    """A whole text."""

    statements: tuple[Statement, ...]
    source: SourceText

    def text(self, node: Statement | Chain | Simple | Escape | Pipeline) -> str:
        """A node as it was written, on one line."""
        written = self.source.text[node.span[0] : node.span[1]]
        return " ".join(written.replace("\\\r\n", " ").replace("\\\n", " ").split("\n")).strip()
