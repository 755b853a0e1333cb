"""A Pygments lexer for machsh's language, for editors, web pages and `pygmentize`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
    _TokenType,
)

from machsh.language.parser import KEYWORDS
from machsh.language.scanner import Token, TokenKind, tokenize

Piece = tuple[int, _TokenType, str]

_LEADS_ON = ("if", "else", "-")
"""Words after which the next word is a command."""
_SEPARATORS = ("|", "||", "&&", ";", "&")
_PARTS = re.compile(
    r"""(?P<single>'[^']*'?)
    |(?P<variable>\$\{[^}\n]*\}?|\$\w+|\$[?#@*!-])
    |(?P<substitution>\$\()
    |(?P<quote>")
    |(?P<escape>\\.?)
    |(?P<rest>[^'"$\\]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_STRING_REST = re.compile(r'[^"$\\]+')


class MachshLexer(Lexer):
    """Colours machsh batches. Accepts any text, including faulty ones."""

    name = "machsh"
    aliases: ClassVar[list[str]] = ["machsh"]
    filenames: ClassVar[list[str]] = ["*.machsh"]
    mimetypes: ClassVar[list[str]] = ["text/x-machsh"]

    def analyse_text(text: str) -> float:  # type: ignore[misc,override]  # noqa: N805
        """Return 1.0 for a text whose `#!` line names machsh, else 0.0."""
        return 1.0 if re.match(r"#![^\n]*\bmachsh\b", text) else 0.0

    def get_tokens_unprocessed(self, text: str) -> Iterator[Piece]:
        """Yield (offset, token type, piece); the pieces together are the whole text."""
        at = 0
        state = _State()
        for token in tokenize(text)[0]:
            if token.start < at or token.end <= token.start:
                continue
            yield from _gap(text, at, token.start)
            yield from _colored(token, text, state)
            at = token.end
        yield from _gap(text, at, len(text))


class _State:
    """Whether the next word is a command."""

    at_command = True


def _gap(text: str, start: int, end: int) -> Iterator[Piece]:
    if start < end:
        piece = text[start:end]
        yield start, Whitespace if piece.isspace() else Text, piece


def _colored(token: Token, text: str, state: _State) -> Iterator[Piece]:
    piece = text[token.start : token.end]
    if token.kind is TokenKind.WORD:
        yield from _word(token, piece, state)
    elif token.kind is TokenKind.COMMENT:
        is_first = token.start == 0 and piece.startswith("#!")
        yield token.start, Comment.Hashbang if is_first else Comment.Single, piece
    elif token.kind is TokenKind.ESCAPE:
        yield token.start, Operator, piece[:1]
        if piece[1:]:
            yield token.start + 1, String.Backtick, piece[1:]
        state.at_command = True
    elif token.kind is TokenKind.NEWLINE:
        state.at_command = True
        yield token.start, Whitespace, piece
    else:
        state.at_command = piece in _SEPARATORS
        yield token.start, Operator, piece


def _word(token: Token, piece: str, state: _State) -> Iterator[Piece]:
    if state.at_command and piece.startswith("@"):
        yield token.start, Name.Label, piece
    elif state.at_command and token.plain in KEYWORDS | {"-"}:
        state.at_command = piece in _LEADS_ON
        yield token.start, Keyword, piece
    elif state.at_command and token.plain is not None:
        state.at_command = False
        yield token.start, Name.Function, piece
    else:
        state.at_command = False
        kind = Name.Attribute if piece.startswith("-") else Text
        yield from _parts(piece, token.start, kind)


def _parts(piece: str, start: int, kind: _TokenType) -> Iterator[Piece]:
    """Yield the quotes, variables and substitutions of a word."""
    is_quoted = False
    at = 0
    while at < len(piece):
        found = (_STRING_REST.match(piece, at) if is_quoted else None) or _PARTS.match(piece, at)
        assert found is not None
        part, group = found[0], found.lastgroup
        if is_quoted and group == "single":
            part = part[:1]
        if group == "quote":
            is_quoted = not is_quoted
        yield start + at, _part_kind(group, kind, is_quoted=is_quoted), part
        at += len(part)


def _part_kind(group: str | None, kind: _TokenType, *, is_quoted: bool) -> _TokenType:
    if group == "variable":
        return Name.Variable
    if group == "substitution":
        return Punctuation
    if group == "escape":
        return String.Escape
    return String.Double if is_quoted or group == "quote" else String.Single if group == "single" else kind
