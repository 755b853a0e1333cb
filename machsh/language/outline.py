"""What each piece of a text is, for colours and completion while it is being typed. Never raises."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from machsh.language.errors import LanguageError
from machsh.language.parser import KEYWORDS
from machsh.language.scanner import Kind, Scanner, Token, tokenize
from machsh.language.source import Source
from machsh.language.tree import Literal, Part, Substitution, Variable, Word


class Piece(NamedTuple):
    """A stretch of the text and what it is.

    One of: keyword, target, word, string, variable, operator, comment, escape.
    """

    start: int
    end: int
    role: str


@dataclass(slots=True)
class Command:
    """The words of one command, as far as they are typed."""

    words: list[Word] = field(default_factory=list)
    targets: Word | None = None
    """The `@...` word before it."""
    escape: Token | None = None
    """`!` and what follows, when it is a line for the system's shell."""
    is_piped: bool = False
    """It reads what another command prints: programs of the system come first here."""

    @property
    def texts(self) -> list[str]:
        """The words' texts, variables as written."""
        return [text_of(word) for word in self.words]


@dataclass(slots=True)
class Outline:
    """A text's commands and pieces."""

    pieces: list[Piece] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)


@dataclass(slots=True)
class Cursor:
    """What stands where the cursor is."""

    role: str
    """word, target, file (after `>` or `<`), escape, variable, comment."""
    before: list[str]
    """The texts of the command's words before this one, without its `@...`."""
    typed: str
    """The word up to the cursor, quotes removed."""
    start: int
    """Where the word begins in the text."""
    quote: str
    """The quote that is open at the cursor, or empty."""
    targets: str = ""
    """The `@...` before the command, without the `@`."""
    is_piped: bool = False


def outline(text: str) -> Outline:
    """The commands and pieces of a text."""
    found = Outline()
    _Walk(found).run(tokenize(text)[0])
    return found


def text_of(word: Word) -> str:
    """A word's text with quotes removed; variables as a person would write them."""
    return "".join(part.text if isinstance(part, Literal) else _written(part) for part in word.parts)


def _written(part: Variable | Substitution) -> str:
    return f"${{{part.name}}}" if isinstance(part, Variable) else "$(...)"


def at(text: str, cursor: int) -> Cursor:
    """What stands at the cursor; only the text before it counts."""
    typed = text[:cursor]
    scanner = _scan(typed)
    inner = scanner.innermost
    if not inner:
        return _at(typed, scanner)
    found = _at(typed[inner:], _scan(typed[inner:]))
    found.start += inner
    return found


def _scan(text: str) -> Scanner:
    scanner = Scanner(Source(text), is_strict=False)
    with contextlib.suppress(LanguageError):
        scanner.found = scanner.tokens()
    return scanner


def _at(text: str, scanner: Scanner) -> Cursor:
    tokens = scanner.found[:-1]
    last = tokens[-1] if tokens else None
    is_touching = last is not None and last.end == len(text)
    if last is not None and last.kind is Kind.COMMENT and is_touching:
        return Cursor("comment", [], last.text, last.start, "")
    commands = Outline()
    walk = _Walk(commands)
    is_word = last is not None and last.kind is Kind.WORD and is_touching
    walk.run(tokens[:-1] if is_word else tokens)
    command = walk.command or Command(is_piped=walk.is_piped)
    if command.escape is not None:
        return Cursor("escape", [], command.escape.text, command.escape.start + 1, "", _names(command))
    word = last.word if is_word and last is not None else None
    start = word.span[0] if word else len(text)
    role = "file" if walk.wants_file else "word"
    quote = scanner.open_quote
    typed = text_of(word) if word else ""
    if word is not None and not command.words and not walk.wants_file and word.opening.startswith("@"):
        role, typed, start = "target", typed[1:], start + 1
    elif word is not None and isinstance(word.parts[-1], Variable):
        role, typed, start = "variable", word.parts[-1].name, word.parts[-1].span[0]
    return Cursor(role, command.texts, typed, start, quote, _names(command), command.is_piped)


def _names(command: Command) -> str:
    return text_of(command.targets)[1:] if command.targets else ""


class _Walk:
    """Goes over tokens and sorts them into commands and pieces."""

    def __init__(self, found: Outline) -> None:
        self.found = found
        self.command: Command | None = None
        self.wants_file = False
        self.is_piped = False
        self._is_for = False

    def run(self, tokens: list[Token]) -> None:
        for token in tokens:
            self._token(token)

    def _token(self, token: Token) -> None:
        if token.word is not None:
            self._word(token, token.word)
        elif token.kind is Kind.OPERATOR:
            self._operator(token)
        elif token.kind is Kind.NEWLINE:
            self._end()
        elif token.kind is Kind.ESCAPE:
            self._current().escape = token
            self._piece(token.start, token.end, "escape")
        elif token.kind is Kind.COMMENT:
            self._piece(token.start, token.end, "comment")

    def _operator(self, token: Token) -> None:
        self._piece(token.start, token.end, "operator")
        if token.text in ("&&", "||", "|", ";"):
            self._end()
            self.is_piped = token.text == "|"
        else:
            self.wants_file = not token.text.endswith(("&1", "&2"))

    def _end(self) -> None:
        self.command = None
        self.wants_file = self.is_piped = self._is_for = False

    def _current(self) -> Command:
        if self.command is None:
            self.command = Command(is_piped=self.is_piped)
            self.found.commands.append(self.command)
        return self.command

    def _word(self, token: Token, word: Word) -> None:
        if self.wants_file:
            self.wants_file = False
        elif self.command is None and (token.plain in KEYWORDS or token.plain == "-"):
            self._piece(token.start, token.end, "keyword")
            self._is_for = token.plain == "for"
            return
        elif self._is_for:
            if token.plain == "in":
                self._piece(token.start, token.end, "keyword")
                return
        elif (self.command is None or not self.command.words) and word.opening.startswith("@"):
            self._current().targets = word
            self._piece(token.start, token.end, "target")
            return
        else:
            self._current().words.append(word)
        for piece in _pieces(word.parts):
            self.found.pieces.append(piece)

    def _piece(self, start: int, end: int, role: str) -> None:
        self.found.pieces.append(Piece(start, end, role))


def _pieces(parts: tuple[Part, ...]) -> Iterator[Piece]:
    for part in parts:
        if isinstance(part, Literal):
            role = "string" if part.is_quoted else "word"
        else:
            role = "variable"
        yield Piece(*part.span, role)
