"""Builds the syntax tree from tokens, by recursive descent."""

from __future__ import annotations

import re
from typing import NoReturn

from machsh.language.errors import LanguageError
from machsh.language.scanner import Token, TokenKind
from machsh.language.source import SourceText
from machsh.language.tree import (
    Chain,
    Escape,
    For,
    If,
    Pipeline,
    Program,
    Redirect,
    Simple,
    Span,
    Statement,
    Word,
)

KEYWORDS = frozenset(("if", "else", "end", "for"))
FOREIGN = ("then", "do", "fi", "done", "elif", "esac")
"""Block keywords of other shells. A block refuses them; otherwise it would wait for its `end` for ever."""
FOREIGN_HINT = "blocks have no then and no do here; they close with a line that says: end"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REDIRECTS: dict[str, tuple[tuple[int, ...], str, int]] = {
    "<": ((0,), "r", 0),
    "0<": ((0,), "r", 0),
    ">": ((1,), "w", 0),
    "1>": ((1,), "w", 0),
    ">>": ((1,), "a", 0),
    "1>>": ((1,), "a", 0),
    "2>": ((2,), "w", 0),
    "2>>": ((2,), "a", 0),
    "&>": ((1, 2), "w", 0),
    "&>>": ((1, 2), "a", 0),
    ">&1": ((1,), "", 1),
    ">&2": ((1,), "", 2),
    "1>&1": ((1,), "", 1),
    "1>&2": ((1,), "", 2),
    "2>&1": ((2,), "", 1),
    "2>&2": ((2,), "", 2),
}
"""Operator -> (redirected descriptors, the file's mode, the descriptor to copy if there is no mode)."""
MOST_DEPTH = 100
"""Limit for nested blocks: keeps hostile text from exhausting Python's stack."""


class Parser:
    """A recursive descent parser for one list of tokens."""

    def __init__(self, source: SourceText, tokens: list[Token]) -> None:
        self._source = source
        self._tokens = [token for token in tokens if token.kind is not TokenKind.COMMENT]
        self._at = 0
        self._depth = 0

    def program(self) -> Program:
        """Parse all tokens. Raises LanguageError."""
        statements = self._statements(())
        return Program(statements, self._source)

    # The grammar needs one token of lookahead only.

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind is not TokenKind.END
        return token

    def _is_operator(self, *texts: str) -> bool:
        return self._token.kind is TokenKind.OPERATOR and self._token.text in texts

    def _keyword(self) -> str:
        plain = self._token.plain
        return plain if plain is not None and plain in KEYWORDS else ""

    def _fail(self, message: str, span: Span | None = None, *, hint: str = "") -> NoReturn:
        token = self._token
        where = span or (token.start, max(token.end, token.start + 1))
        raise LanguageError(message, self._source, where, hint=hint)

    def _skip_ends(self) -> None:
        while self._token.kind is TokenKind.NEWLINE or self._is_operator(";"):
            self._at += 1

    def _go_on(self) -> None:
        """Skip line ends after `|`, `&&` or `||`: the next command may stand on a later line."""
        operator = self._tokens[self._at - 1]
        while self._token.kind is TokenKind.NEWLINE:
            self._at += 1
        if self._token.kind is TokenKind.END:
            span = (operator.start, operator.end)
            text = f"a command is missing after {operator.text}"
            raise LanguageError(text, self._source, span, is_incomplete=True)

    def _statements(self, stops: tuple[str, ...]) -> tuple[Statement, ...]:
        """Parse statements up to one of the keywords in `stops`, or to the end of the text."""
        found: list[Statement] = []
        while True:
            self._skip_ends()
            if self._token.kind is TokenKind.END:
                return tuple(found)
            keyword = self._keyword()
            if keyword in stops:
                return tuple(found)
            if keyword in ("else", "end"):
                self._fail(f"{keyword} without if or for" if keyword == "end" else "else without if")
            if self._depth and self._token.plain in FOREIGN:
                self._fail(f"{self._token.plain} belongs to another shell", hint=FOREIGN_HINT)
            found.append(self._statement())

    def _statement(self) -> Statement:
        start = self._token.start
        ignores = self._token.plain == "-"
        if ignores:
            self._take()
        keyword = self._keyword()
        body: Chain | If | For
        if keyword == "if":
            body = self._if()
        elif keyword == "for":
            body = self._for()
        else:
            body = self._chain()
        self._end_of_statement()
        return Statement(body, ignores, (start, body.span[1]))

    def _end_of_statement(self) -> None:
        if self._token.kind in (TokenKind.NEWLINE, TokenKind.END) or self._is_operator(";"):
            return
        self._fail("this cannot stand here", hint="a new command begins on a new line or after ;")

    def _if(self) -> If:
        start = self._take().start
        self._deeper((start, start + 2))
        condition = self._chain()
        self._end_of_statement()
        body = self._statements(("else", "end"))
        otherwise: tuple[Statement, ...] = ()
        if self._keyword() == "else":
            self._take()
            if self._keyword() == "if":
                # `else if` shares the `end` of the first `if`.
                nested = self._if()
                otherwise = (Statement(nested, False, nested.span),)
                self._depth -= 1
                return If(condition, body, otherwise, (start, nested.span[1]))
            otherwise = self._statements(("end",))
        end = self._end((start, start + 2), "if")
        return If(condition, body, otherwise, (start, end))

    def _for(self) -> For:
        start = self._take().start
        self._deeper((start, start + 3))
        hint = "the form is: for NAME in WORDS"
        name = self._token.plain
        if name is None or not _NAME.fullmatch(name):
            self._fail("for needs the name of a variable", hint=hint)
        self._take()
        if self._token.plain != "in":
            self._fail("for needs the word in after the name", hint=hint)
        self._take()
        words = []
        while self._token.word is not None:
            words.append(self._token.word)
            self._take()
        self._end_of_statement()
        body = self._statements(("end",))
        end = self._end((start, start + 3), "for")
        return For(name, tuple(words), body, (start, end))

    def _deeper(self, span: Span) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self._fail("too many blocks inside each other", span)

    def _end(self, opening: Span, keyword: str) -> int:
        if self._keyword() != "end":
            raise LanguageError(
                f"{keyword} has no end",
                self._source,
                opening,
                hint="close it with a line that says: end",
                is_incomplete=self._token.kind is TokenKind.END,
            )
        self._depth -= 1
        return self._take().end

    def _chain(self) -> Chain:
        first = self._pipeline()
        rest: list[tuple[str, Pipeline]] = []
        while self._is_operator("&&", "||"):
            operator = self._take().text
            self._go_on()
            rest.append((operator, self._pipeline()))
        end = rest[-1][1].span[1] if rest else first.span[1]
        return Chain(first, tuple(rest), (first.span[0], end))

    def _pipeline(self) -> Pipeline:
        parts = [self._command()]
        while self._is_operator("|"):
            self._take()
            self._go_on()
            parts.append(self._command())
        return Pipeline(tuple(parts), (parts[0].span[0], parts[-1].span[1]))

    def _command(self) -> Simple | Escape:
        token = self._token
        if token.word is None and token.kind is not TokenKind.ESCAPE and not self._starts_redirect():
            self._fail("a command is missing here")
        if keyword := self._keyword():
            hint = "it begins a line of its own; quote it to mean the word"
            self._fail(f"{keyword} cannot stand here", hint=hint)
        targets = self._targets()
        if self._token.kind is TokenKind.ESCAPE:
            escape = self._take()
            return Escape(escape.text, targets, (token.start, escape.end))
        return self._simple(token.start, targets)

    def _targets(self) -> Word | None:
        word = self._token.word
        if word is None or not word.opening.startswith("@"):
            return None
        self._take()
        if self._token.word is None and self._token.kind is not TokenKind.ESCAPE:
            self._fail("a command must follow @...", word.span, hint="for example: @web docker ps")
        if len(word.parts) == 1 and word.opening == "@":
            hint = "@NAME, @a,b, @web*, @all,-db, @label:k=v, @driver:NAME"
            self._fail("@ needs the name of a machine", word.span, hint=hint)
        return word

    def _starts_redirect(self) -> bool:
        token = self._token
        return token.kind is TokenKind.OPERATOR and token.text in _REDIRECTS

    def _simple(self, start: int, targets: Word | None) -> Simple:
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            while (word := self._tokens[self._at].word) is not None:
                words.append(word)
                self._at += 1
            if self._starts_redirect():
                redirects.append(self._redirect())
            else:
                break
        if not words:
            self._fail("a redirection needs a command", redirects[0].span, hint="for example: ps > FILE")
        end = self._tokens[self._at - 1].end
        return Simple(tuple(words), tuple(redirects), targets, (start, end))

    def _redirect(self) -> Redirect:
        token = self._take()
        descriptors, mode, like = _REDIRECTS[token.text]
        if not mode:
            return Redirect(descriptors, "", None, like, (token.start, token.end))
        word = self._token.word
        if word is None:
            hint = "the text of another file is read with < FILE" if self._is_operator("<") else ""
            self._fail(f"{token.text} needs a file", hint=hint)
        self._take()
        return Redirect(descriptors, mode, word, 0, (token.start, word.span[1]))
