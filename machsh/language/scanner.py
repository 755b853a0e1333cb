"""Splits text into tokens: strict for running; tolerant for highlighting and completing unfinished text.

Quotes and escapes in words follow shlex.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from machsh.language.errors import LanguageError
from machsh.language.escape import escape_end
from machsh.language.source import SourceText
from machsh.language.tree import Literal, Part, Program, Substitution, Variable, Word

_SPACES = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_OPERATOR = re.compile(r"&&|\|\||&>>?|[12]?>&[12]|[12]?>>|0?<|[12]?>|[|;]|&")
_COMMENT = re.compile(r"[^\n]*")
_FAST = re.compile(r"[ \t]*([^ \t\r\n\\'\"$|&;<>()#~!@]+)(?=[ \t\r\n])")
MOST_DEPTH = 50
"""Limit for nested `$(` and `${`: keeps hostile text from exhausting Python's stack."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@#?]")
_BRACED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@#?]")
_ESCAPED_IN_QUOTES = '"\\$'
_QUOTED_PIECE = re.compile(r'[^"\\$]+')
_LEADS_ON = frozenset(("if", "else", "-"))
"""Words after which the next word is a command."""


class TokenKind(Enum):
    """The kinds of tokens."""

    WORD = "word"
    OPERATOR = "operator"
    NEWLINE = "newline"
    COMMENT = "comment"
    ESCAPE = "escape"
    """`!` and the text for the system's shell."""
    END = "end"


class Token(NamedTuple):
    """A token and its offsets in the text."""

    kind: TokenKind
    text: str
    """As written; for an escape, without the `!`."""
    start: int
    end: int
    word: Word | None = None
    plain: str | None = None
    """A word's text when it has no quote, escape or variable: only such words are keywords."""


Parse = Callable[[SourceText, list[Token]], Program]
"""Parses a text's tokens; the scanner calls it for the inside of `$(...)`."""


class Scanner:
    """Scans a text from `at` to its end or, inside `$(...)`, to the closing parenthesis."""

    def __init__(
        self, source: SourceText, at: int = 0, *, parse: Parse, depth: int = 0, is_strict: bool = True
    ) -> None:
        """`parse` is called with the tokens of each `$(...)`."""
        self.source = source
        self.parse = parse
        self.text = source.text
        self.at = at
        self.depth = depth
        """How many `$(` and `${` enclose the current position."""
        self.is_nested = depth > 0
        self.is_strict = is_strict
        self.error: LanguageError | None = None
        """The first fault, if not strict."""
        self._words = WordScanner(self)
        self._at_command = True

    def tokens(self) -> list[Token]:
        """Return all tokens, END last. Raises LanguageError if strict, or if nested too deeply."""
        found: list[Token] = []
        while True:
            if fast := _FAST.match(self.text, self.at):
                found.append(self._plain(fast[1], *fast.span(1)))
                continue
            token = self._next()
            found.append(token)
            if token.kind is TokenKind.END:
                return found

    def fail(
        self, message: str, span: tuple[int, int], *, hint: str = "", is_incomplete: bool = False
    ) -> None:
        """Raise LanguageError if strict; else remember the first fault in `error`."""
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
            return Token(TokenKind.END, letter, start, start)
        if letter == "\n":
            self._at_command = True
            return self._token(TokenKind.NEWLINE, letter)
        if letter == "#":
            return self._token(TokenKind.COMMENT, _match(_COMMENT, self.text, start))
        if letter == "!" and self._at_command:
            return self._escape()
        if operator := _OPERATOR.match(self.text, start):
            return self._operator(operator.group())
        return self._word()

    def _token(self, kind: TokenKind, text: str) -> Token:
        start, self.at = self.at, self.at + len(text)
        return Token(kind, text, start, self.at)

    def _plain(self, text: str, start: int, end: int) -> Token:
        self.at = end
        self._at_command = self._at_command and text in _LEADS_ON
        span = (start, end)
        word = Word((Literal(text, False, span),), span)
        return Token(TokenKind.WORD, text, start, end, word, text)

    def _operator(self, text: str) -> Token:
        token = self._token(TokenKind.OPERATOR, text)
        if text in ("&&", "||", "|", ";"):
            self._at_command = True
        elif text == "&":
            hint = "quote it: '&'; for a program in the background of the system's shell: !program &"
            self.fail("a single & means nothing here", (token.start, token.end), hint=hint)
        return token

    def _escape(self) -> Token:
        start = self.at
        self.at = escape_end(self.text, start + 1, is_nested=self.is_nested)
        text = self.text[start + 1 : self.at].strip()
        if not text:
            self.fail("! needs a program to run", (start, start + 1), hint="for example: !ls -l")
        return Token(TokenKind.ESCAPE, text, start, self.at)

    def _word(self) -> Token:
        start = self.at
        parts = self._words.parts(" \t\r\n|&;<>" + (")" if self.is_nested else ""))
        word = Word(parts or (Literal("", True, (start, self.at)),), (start, self.at))
        plain = word.plain
        leads_on = plain in _LEADS_ON or word.opening.startswith("@")
        self._at_command = self._at_command and leads_on
        return Token(TokenKind.WORD, self.text[start : self.at], start, self.at, word, plain)


class WordScanner:
    """Scans the pieces of one word (quotes, escapes, variables, `$(...)`) and advances the scanner's `at`."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._text = scanner.text
        self._pieces: dict[str, re.Pattern[str]] = {}

    def parts(self, stops: str) -> tuple[Part, ...]:
        """Scan pieces up to a character in `stops` or the end of the text."""
        plain = self._pieces.get(stops) or re.compile(f"[^{re.escape(stops)}\\\\'\"$]+")
        self._pieces[stops] = plain
        found: list[Part] = []
        while self._scanner.at < len(self._text):
            at = self._scanner.at
            if piece := plain.match(self._text, at):
                self._scanner.at = piece.end()
                found.append(Literal(piece.group(), False, piece.span()))
                continue
            letter = self._text[at]
            if letter in stops:
                break
            found.extend(self._special(letter))
        return tuple(found)

    def _special(self, letter: str) -> list[Part]:
        if letter == "'":
            return [self._single()]
        if letter == '"':
            return self._double()
        if letter == "$":
            return [self._dollar(is_quoted=False)]
        return self._backslash()

    def _single(self) -> Part:
        start = self._scanner.at
        end = self._text.find("'", start + 1)
        if end < 0:
            self._unclosed("the quote ' is not closed", start, 1)
            end = len(self._text)
        self._scanner.at = min(end + 1, len(self._text))
        return Literal(self._text[start + 1 : end], True, (start, self._scanner.at))

    def _double(self) -> list[Part]:
        start = self._scanner.at
        self._scanner.at += 1
        found: list[Part] = []
        while self._scanner.at < len(self._text):
            at = self._scanner.at
            letter = self._text[at]
            if letter == '"':
                self._scanner.at += 1
                return found or [Literal("", True, (start, at + 1))]
            found.append(self._in_double(letter, at))
        self._unclosed('the quote " is not closed', start, 1)
        return found or [Literal("", True, (start, len(self._text)))]

    def _in_double(self, letter: str, at: int) -> Part:
        if letter == "$":
            return self._dollar(is_quoted=True)
        if letter == "\\":
            following = self._text[at + 1 : at + 2]
            self._scanner.at = min(at + 2, len(self._text))
            if following == "\n":
                return Literal("", True, (at, at + 2))
            is_escape = following != "" and following in _ESCAPED_IN_QUOTES
            return Literal(following if is_escape else "\\" + following, True, (at, self._scanner.at))
        piece = _QUOTED_PIECE.match(self._text, at)
        assert piece is not None
        self._scanner.at = piece.end()
        return Literal(piece.group(), True, piece.span())

    def _backslash(self) -> list[Part]:
        at = self._scanner.at
        if self._text.startswith("\r\n", at + 1):
            self._scanner.at += 3
            return []
        following = self._text[at + 1 : at + 2]
        self._scanner.at = min(at + 2, len(self._text))
        if not following:
            self._unclosed("nothing follows the \\", at, 1)
            return []
        if following == "\n":
            return []
        return [Literal(following, True, (at, at + 2))]

    def _dollar(self, *, is_quoted: bool) -> Part:
        start = self._scanner.at
        following = self._text[start + 1 : start + 2]
        if following == "(":
            return self._substitution(start, is_quoted)
        if following == "{":
            return self._braced(start, is_quoted)
        name = _NAME.match(self._text, start + 1)
        self._scanner.at = name.end() if name else start + 1
        span = (start, self._scanner.at)
        return Variable(name.group(), None, is_quoted, span) if name else Literal("$", is_quoted, span)

    def _braced(self, start: int, is_quoted: bool) -> Part:
        name = _BRACED_NAME.match(self._text, start + 2)
        after = name.end() if name else start + 2
        default: tuple[Part, ...] | None = None
        self._scanner.at = after
        if name and self._text.startswith(":-", after):
            self._scanner.at += 2
            default = self._default(start)
        is_closed = self._text.startswith("}", self._scanner.at)
        if not is_closed and self._scanner.at >= len(self._text):
            self._unclosed("${ is not closed", start, 2)
        elif not is_closed or not name:
            hint = "the forms are ${NAME} and ${NAME:-default}"
            self._scanner.fail("this ${...} cannot be understood", (start, self._scanner.at + 1), hint=hint)
        self._scanner.at += is_closed
        text = name.group() if name else ""
        return Variable(text, default, is_quoted, (start, self._scanner.at))

    def _default(self, start: int) -> tuple[Part, ...]:
        self._check_depth(start)
        self._scanner.depth += 1
        try:
            return self.parts("}")
        finally:
            self._scanner.depth -= 1

    def _check_depth(self, start: int) -> None:
        if self._scanner.depth >= MOST_DEPTH:
            # Raised even if not strict: scanning further would reach Python's recursion limit.
            self._scanner.is_strict = True
            self._scanner.fail("too many $( inside each other", (start, start + 2))

    def _substitution(self, start: int, is_quoted: bool) -> Part:
        outer = self._scanner
        self._check_depth(start)
        inner = Scanner(
            outer.source, start + 2, parse=outer.parse, depth=outer.depth + 1, is_strict=outer.is_strict
        )
        tokens = inner.tokens()
        outer.error = outer.error or inner.error
        outer.at = inner.at
        if self._text.startswith(")", outer.at):
            outer.at += 1
        else:
            self._unclosed("$( is not closed", start, 2)
        return Substitution(outer.parse(outer.source, tokens), is_quoted, (start, outer.at))

    def _unclosed(self, message: str, start: int, length: int) -> None:
        self._scanner.fail(message, (start, start + length), is_incomplete=True)


def _match(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    return found.group() if found else ""


def tokenize(text: str) -> tuple[list[Token], LanguageError | None]:
    """Return the tokens of a text that may be unfinished, and its first fault or None. Never raises."""
    # The inside of an unfinished `$(` would not parse; highlighting needs only the tokens.
    scanner = Scanner(SourceText(text), parse=lambda source, tokens: Program((), source), is_strict=False)
    try:
        return scanner.tokens(), scanner.error
    except LanguageError as error:
        return [Token(TokenKind.END, "", len(text), len(text))], error
