"""The pieces of one word: quotes, escapes, variables, `$(...)`. Plain words read as shlex reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from machsh.language.tree import Literal, Part, Program, Substitution, Variable

if TYPE_CHECKING:
    from machsh.language.scanner import Scanner

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@#?]")
_BRACED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@#?]")
_ESCAPED_IN_QUOTES = '"\\$'
_QUOTED_PIECE = re.compile(r'[^"\\$]+')


class WordScanner:
    """Reads the pieces of words for a scanner, moving its `at`."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._text = scanner.text
        self._pieces: dict[str, re.Pattern[str]] = {}

    def parts(self, stops: str) -> tuple[Part, ...]:
        """The pieces up to one of the letters in `stops` or the text's end."""
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
        from machsh.language.scanner import MOST_DEPTH

        if self._scanner.depth >= MOST_DEPTH:
            # Raised even for colours: reading on would end in Python's own limit.
            self._scanner.is_strict = True
            self._scanner.fail("too many $( inside each other", (start, start + 2))

    def _substitution(self, start: int, is_quoted: bool) -> Part:
        from machsh.language.parser import Parser
        from machsh.language.scanner import Scanner

        outer = self._scanner
        self._check_depth(start)
        inner = Scanner(outer.source, start + 2, depth=outer.depth + 1, is_strict=outer.is_strict)
        tokens = inner.tokens()
        outer.error = outer.error or inner.error
        outer.at = inner.at
        if self._text.startswith(")", outer.at):
            outer.at += 1
        else:
            self._unclosed("$( is not closed", start, 2)
        # While typing, colours need only the tokens: a half-written program would not parse.
        program = Parser(outer.source, tokens).program() if outer.is_strict else Program((), outer.source)
        return Substitution(program, is_quoted, (start, outer.at))

    def _unclosed(self, message: str, start: int, length: int) -> None:
        self._scanner.fail(message, (start, start + length), is_incomplete=True)
