"""Letters to tokens. Strict for running; forgiving for colours and completion of what is being typed."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from machsh.language.errors import LanguageError
from machsh.language.source import Source
from machsh.language.tree import Literal, Word
from machsh.language.words import WordScanner

SPACE = " \t\r"
_SPACES = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_OPERATOR = re.compile(r"&&|\|\||&>>?|[12]?>&[12]|[12]?>>|0?<|[12]?>|[|;]|&")
_COMMENT = re.compile(r"[^\n]*")
_ESCAPE = re.compile(r"(?:[^\n\\]|\\\r?\n|\\)*")
_FAST = re.compile(r"[ \t]*([^ \t\r\n\\'\"$|&;<>()#~!@]+)(?=[ \t\r\n])")
MOST_DEPTH = 50
"""`$(` inside `$(`; deeper is a mistake or an attack."""
_LEADS_ON = frozenset(("if", "else", "-"))
"""Words after which a command begins."""


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    OPERATOR = "operator"
    NEWLINE = "newline"
    COMMENT = "comment"
    ESCAPE = "escape"
    """`!` and the rest of its line."""
    END = "end"


class Token(NamedTuple):
    """One token and its offsets."""

    kind: Kind
    text: str
    """As written; for an escape, without the `!`."""
    start: int
    end: int
    word: Word | None = None
    plain: str | None = None
    """A word's text when it has no quote, escape or variable: only such words are keywords."""


class Scanner:
    """Reads one text from `at` on, up to its end or, inside `$(...)`, to the closing parenthesis."""

    def __init__(self, source: Source, at: int = 0, *, depth: int = 0, is_strict: bool = True) -> None:
        self.source = source
        self.text = source.text
        self.at = at
        self.depth = depth
        """How many `$(` and `${` the text stands in."""
        self.is_nested = depth > 0
        self.is_strict = is_strict
        self.error: LanguageError | None = None
        """The first fault, when not strict."""
        self._words = WordScanner(self)
        self._at_command = True

    def tokens(self) -> list[Token]:
        """All tokens, END last. Raises LanguageError when strict."""
        found: list[Token] = []
        while True:
            if fast := _FAST.match(self.text, self.at):
                found.append(self._plain(fast[1], *fast.span(1)))
                continue
            token = self._next()
            found.append(token)
            if token.kind is Kind.END:
                return found

    def fail(
        self, message: str, span: tuple[int, int], *, hint: str = "", is_incomplete: bool = False
    ) -> None:
        """Raise the fault, or remember the first one when not strict."""
        error = LanguageError(message, self.source, span, hint=hint, is_incomplete=is_incomplete)
        if self.is_strict:
            raise error
        self.error = self.error or error

    def _next(self) -> Token:
        if spaces := _SPACES.match(self.text, self.at):
            self.at = spaces.end()
        start = self.at
        letter = self.text[start : start + 1]
        if not letter or (letter == ")" and self.is_nested):
            return Token(Kind.END, letter, start, start)
        if letter == "\n":
            self._at_command = True
            return self._token(Kind.NEWLINE, letter)
        if letter == "#":
            return self._token(Kind.COMMENT, _match(_COMMENT, self.text, start))
        if letter == "!" and self._at_command:
            return self._escape()
        if operator := _OPERATOR.match(self.text, start):
            return self._operator(operator.group())
        return self._word()

    def _token(self, kind: Kind, text: str) -> Token:
        start, self.at = self.at, self.at + len(text)
        return Token(kind, text, start, self.at)

    def _plain(self, text: str, start: int, end: int) -> Token:
        self.at = end
        self._at_command = self._at_command and text in _LEADS_ON
        span = (start, end)
        word = Word((Literal(text, False, span),), span)
        return Token(Kind.WORD, text, start, end, word, text)

    def _operator(self, text: str) -> Token:
        token = self._token(Kind.OPERATOR, text)
        if text in ("&&", "||", "|", ";"):
            self._at_command = True
        elif text == "&":
            hint = "quote it: '&'; for a program in the background of the system's shell: !program &"
            self.fail("a single & means nothing here", (token.start, token.end), hint=hint)
        return token

    def _escape(self) -> Token:
        start = self.at
        if self.is_nested:
            self.at = self._end_of_nested_escape()
        else:
            self.at = start + 1 + len(_match(_ESCAPE, self.text, start + 1))
        text = self.text[start + 1 : self.at].strip()
        if not text:
            self.fail("! needs a program to run", (start, start + 1), hint="for example: !ls -l")
        return Token(Kind.ESCAPE, text, start, self.at)

    def _end_of_nested_escape(self) -> int:
        depth, quote, at = 0, "", self.at + 1
        while at < len(self.text) and self.text[at] != "\n":
            letter = self.text[at]
            if quote:
                quote = "" if letter == quote else quote
            elif letter in "'\"":
                quote = letter
            elif letter == ")" and depth == 0:
                break
            else:
                depth += (letter == "(") - (letter == ")")
            at += 1
        return at

    def _word(self) -> Token:
        start = self.at
        parts = self._words.parts(" \t\r\n|&;<>" + (")" if self.is_nested else ""))
        word = Word(parts or (Literal("", True, (start, self.at)),), (start, self.at))
        plain = word.plain
        leads_on = plain in _LEADS_ON or word.opening.startswith("@")
        self._at_command = self._at_command and leads_on
        return Token(Kind.WORD, self.text[start : self.at], start, self.at, word, plain)


def _match(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    return found.group() if found else ""


def tokenize(text: str) -> tuple[list[Token], LanguageError | None]:
    """The tokens of a text that may be unfinished, and its first fault; never raises."""
    scanner = Scanner(Source(text), is_strict=False)
    try:
        return scanner.tokens(), scanner.error
    except LanguageError as error:
        return [Token(Kind.END, "", len(text), len(text))], error
