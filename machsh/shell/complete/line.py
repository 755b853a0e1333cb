"""A line while it is being typed: its commands and their words, with their places, however unfinished.

The language's parser wants finished lines and explains what is wrong with others. Here nothing is wrong: an
open quote is simply where the cursor is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

OPERATORS = re.compile(r"\|\||&&|\d?>>|\d?>|<|\||;|&|\n|\(|\)")
REDIRECTIONS = (">", ">>", "<")
_PLAIN = re.compile(r"[^\s'\"\\|&;<>()$#]+|[$#]")


@dataclass(slots=True)
class Word:
    """One word, unquoted, and where it stands in the text."""

    text: str
    start: int
    end: int
    quote: str = ""
    """The quote that is still open at its end."""
    is_quoted: bool = False
    """Whether any of it is quoted."""


@dataclass(slots=True)
class Piece:
    """One simple command of a line."""

    operator: str = ""
    """What stands before it: empty, `;`, `|`, `&&`, `||`, `&`, a newline, `$(`."""
    words: list[Word] = field(default_factory=list)
    files: list[tuple[str, Word]] = field(default_factory=list)
    """Redirections and the files they name."""
    redirection: str = ""
    """A redirection still waiting for its file."""

    @property
    def is_foreign(self) -> bool:
        """Whether its words are programs of this computer: behind `|`, or after `!`."""
        return self.operator == "|" or bool(self.words and self.words[0].text.startswith("!"))


@dataclass(slots=True)
class Line:
    """A text's commands, comments and operators."""

    pieces: list[Piece] = field(default_factory=lambda: [Piece()])
    operators: list[tuple[str, int, int]] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)


def split(text: str) -> Line:
    """The commands of a text and their words; never fails."""
    return _Splitter(text).line()


class _Splitter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.result = Line()

    def line(self) -> Line:
        while self.at < len(self.text):
            letter = self.text[self.at]
            operator = OPERATORS.match(self.text, self.at)
            if letter == "#":
                self._comment()
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif operator and not (operator[0][0].isdigit() and self._is_inside_word()):
                self._operator(operator[0])
            elif letter.isspace():
                self.at += 1
            else:
                self._take(self._word())
        return self.result

    def _is_inside_word(self) -> bool:
        return self.at > 0 and not self.text[self.at - 1].isspace()

    def _comment(self) -> None:
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        self.result.comments.append((self.at, end))
        self.at = end

    def _operator(self, operator: str) -> None:
        start, self.at = self.at, self.at + len(operator)
        self.result.operators.append((operator, start, self.at))
        bare = operator.lstrip("0123456789")
        if bare in REDIRECTIONS:
            self.result.pieces[-1].redirection = bare
        else:
            self.result.pieces.append(Piece("$(" if operator == "(" else operator))

    def _take(self, word: Word) -> None:
        piece = self.result.pieces[-1]
        if piece.redirection:
            piece.files.append((piece.redirection, word))
            piece.redirection = ""
        else:
            piece.words.append(word)

    def _word(self) -> Word:
        word = Word("", self.at, self.at)
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter in "'\"":
                self._quoted(word, letter)
            elif letter == "\\":
                word.text += self.text[self.at + 1 : self.at + 2].replace("\n", "")
                word.is_quoted = True
                self.at = min(self.at + 2, len(self.text))
            elif self.text.startswith("$(", self.at):
                self.at += 1
                break
            elif found := _PLAIN.match(self.text, self.at):
                word.text += found[0]
                self.at = found.end()
            else:
                break
        word.end = self.at
        return word

    def _quoted(self, word: Word, quote: str) -> None:
        word.is_quoted = True
        self.at += 1
        while self.at < len(self.text):
            letter = self.text[self.at]
            self.at += 1
            if letter == quote:
                return
            if letter == "\\" and quote == '"' and self.text[self.at : self.at + 1] in ("\\", '"', "$", "`"):
                letter = self.text[self.at]
                self.at += 1
            word.text += letter
        word.quote = quote


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor stands: in which command, behind which words, in the middle of what."""

    words: tuple[str, ...] = ()
    """The command's words before the cursor's."""
    typed: str = ""
    """The cursor's word so far, unquoted."""
    start: int = 0
    """Where that word starts."""
    quote: str = ""
    redirection: str = ""
    """Set when the word names a file to read or write."""
    is_foreign: bool = False
    is_comment: bool = False


def spot(before: str) -> Spot:
    """The spot at the end of `before`, the text before the cursor."""
    line = split(before)
    end = len(before)
    if any(start <= end <= stop for start, stop in line.comments):
        return Spot(is_comment=True)
    piece = line.pieces[-1]
    if piece.redirection:
        return Spot(start=end, redirection=piece.redirection)
    redirection, last = piece.files[-1] if piece.files else ("", None)
    if last is None or (piece.words and piece.words[-1].end > last.end):
        redirection, last = "", piece.words[-1] if piece.words else None
    is_inside = last is not None and last.end == end
    done = [word.text for word in piece.words if not (is_inside and word is last)]
    if not is_inside or last is None:
        return Spot(tuple(done), "", end, "", "", piece.is_foreign)
    return Spot(tuple(done), last.text, last.start, last.quote, redirection, piece.is_foreign)


_SPECIAL = re.compile(r"([\s'\"\\|&;<>()$#*?\[\]{}!~`])")


def quoted(text: str, quote: str = "") -> str:
    """The text as it must be typed, inside of the given open quote or without one."""
    if quote == "'":
        return "'" + text.replace("'", "'\\''") + "'"
    if quote == '"':
        return '"' + re.sub(r'([\\"$`])', r"\\\1", text) + '"'
    home = "~/" if text.startswith("~/") else ""
    return home + _SPECIAL.sub(r"\\\1", text[len(home) :])
