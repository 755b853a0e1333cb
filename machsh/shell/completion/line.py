"""Splits a line into commands and words with their positions, even if it is unfinished."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from machsh.language.errors import LanguageError
from machsh.language.scanner import Token, TokenKind, tokenize
from machsh.language.tree import Literal, Substitution

BETWEEN = ("|", "||", "&&", ";", "&")
"""Operators between two commands; all others are redirections."""


@dataclass(slots=True)
class LineWord:
    """One word, unquoted, and its position in the text."""

    text: str
    start: int
    end: int
    quote: str = ""
    """The quote still open at its end; empty if none is."""
    is_quoted: bool = False
    """Whether any part of it is quoted."""
    inner: int = -1
    """Where the text after a `$(` that is still open begins; -1 if none is."""


@dataclass(slots=True)
class LineCommand:
    """One simple command of a line."""

    operator: str = ""
    """The operator before it: empty, `;`, `|`, `&&`, `||`, `&` or a newline."""
    words: list[LineWord] = field(default_factory=list)
    files: list[tuple[str, LineWord]] = field(default_factory=list)
    """Redirections and the files they name."""
    redirection: str = ""
    """A redirection whose file is still missing."""
    is_escape: bool = False
    """Whether it follows `!`."""

    @property
    def is_foreign(self) -> bool:
        """Whether it runs a program of this computer."""
        return self.is_escape or self.operator == "|"


@dataclass(slots=True)
class PartialLine:
    """The commands, comments and operators of a text."""

    pieces: list[LineCommand] = field(default_factory=lambda: [LineCommand()])
    operators: list[tuple[str, int, int]] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)


def split(text: str) -> PartialLine:
    """Split a text into commands and their words; never fails."""
    line = PartialLine()
    tokens, error = tokenize(text)
    for token in tokens:
        if token.kind is TokenKind.WORD:
            _take(line.pieces[-1], _word(token, text, error))
        elif token.kind is TokenKind.ESCAPE:
            _escape(line, token, text)
        elif token.kind is TokenKind.COMMENT:
            line.comments.append((token.start, token.end))
        elif token.kind is TokenKind.NEWLINE:
            line.pieces.append(LineCommand("\n"))
        elif token.kind is TokenKind.OPERATOR:
            _operator(line, token)
    return line


def _word(token: Token, text: str, error: LanguageError | None) -> LineWord:
    parts = token.word.parts if token.word is not None else ()
    content = "".join(part.text if isinstance(part, Literal) else text[slice(*part.span)] for part in parts)
    word = LineWord(content, token.start, token.end)
    word.is_quoted = any(isinstance(part, Literal) and part.is_quoted for part in parts)
    fault = error.span[0] if error is not None and error.is_incomplete else -1
    last = parts[-1] if parts else None
    if isinstance(last, Substitution) and token.end == len(text) and fault >= token.start:
        word.inner = last.span[0] + 2
    elif token.start <= fault < token.end and text[fault] in "'\"":
        word.quote = text[fault]
    return word


def _operator(line: PartialLine, token: Token) -> None:
    line.operators.append((token.text, token.start, token.end))
    if token.text in BETWEEN:
        line.pieces.append(LineCommand(token.text))
    else:
        line.pieces[-1].redirection = token.text


def _take(piece: LineCommand, word: LineWord) -> None:
    if piece.redirection:
        piece.files.append((piece.redirection, word))
        piece.redirection = ""
    else:
        piece.words.append(word)


def _escape(line: PartialLine, token: Token, text: str) -> None:
    """Read the words after `!`. They follow the system shell's rules, which are close enough to machsh's."""
    first = token.start + 1
    line.operators.append(("!", token.start, first))
    piece = line.pieces[-1]
    piece.is_escape, piece.words = True, []
    for found in split(text[first : token.end]).pieces:
        if found.operator:
            piece = LineCommand(found.operator, is_escape=True)
            line.pieces.append(piece)
        piece.words = [
            LineWord(word.text, word.start + first, word.end + first, word.quote, word.is_quoted)
            for word in found.words
        ]


@dataclass(frozen=True, slots=True)
class CursorContext:
    """What surrounds the cursor: the command's words before it, and the unfinished word."""

    words: tuple[str, ...] = ()
    """The command's words before the one at the cursor."""
    typed: str = ""
    """The word at the cursor so far, unquoted."""
    start: int = 0
    """Where that word starts."""
    quote: str = ""
    redirection: str = ""
    """Set if the word names a file to read or write."""
    is_foreign: bool = False
    is_comment: bool = False


def cursor_context(before: str) -> CursorContext:
    """Return the context at the end of `before`, the text before the cursor."""
    line = split(before)
    end = len(before)
    if any(start <= end <= stop for start, stop in line.comments):
        return CursorContext(is_comment=True)
    piece = line.pieces[-1]
    if piece.redirection:
        return CursorContext(start=end, redirection=piece.redirection)
    redirection, last = piece.files[-1] if piece.files else ("", None)
    if last is None or (piece.words and piece.words[-1].end > last.end):
        redirection, last = "", piece.words[-1] if piece.words else None
    if last is None or last.end != end:
        return CursorContext(tuple(word.text for word in piece.words), "", end, is_foreign=piece.is_foreign)
    if last.inner >= 0:
        inside = cursor_context(before[last.inner :])
        return replace(inside, start=inside.start + last.inner)
    done = tuple(word.text for word in piece.words if word is not last)
    return CursorContext(done, last.text, last.start, last.quote, redirection, piece.is_foreign)


_SPECIAL = re.compile(r"([\s'\"\\|&;<>()$#*?\[\]{}!~`])")


def quoted(text: str, quote: str = "") -> str:
    """Quote a text as it must be typed, inside the given open quote or without one."""
    if quote == "'":
        return "'" + text.replace("'", "'\\''") + "'"
    if quote == '"':
        # Only the system shell reads \` as a backquote; single quotes work there and in machsh's language.
        return '"' + re.sub(r'([\\"$])', r"\\\1", text).replace("`", "\"'`'\"") + '"'
    home = "~/" if text.startswith("~/") else ""
    return home + _SPECIAL.sub(_escaped, text[len(home) :])


def _escaped(found: re.Match[str]) -> str:
    """Escape a character. A line end is quoted, because after a backslash it would join two lines."""
    return f"'{found[0]}'" if found[0] in "\r\n" else f"\\{found[0]}"
