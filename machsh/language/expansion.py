"""Expands variables, `$(...)` and `~` in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from machsh.language.errors import LanguageError
from machsh.language.source import SourceText
from machsh.language.tree import Literal, Part, Program, Substitution, Variable, Word


class VariableScope(Protocol):
    """Supplies the values that words expand to."""

    @property
    def arguments(self) -> Sequence[str]:
        """`$1`, `$2`, ..."""

    @property
    def status(self) -> int:
        """`$?`."""

    @property
    def home(self) -> str:
        """The folder that replaces `~` at the start of a word."""

    @property
    def allows_unset(self) -> bool:
        """Whether an unset variable is empty; if not (in a batch), it is an error."""

    def lookup(self, name: str) -> str | None:
        """Return a variable's value; None if it is unset."""

    def capture(self, program: Program) -> str:
        """Run a program; return its output without trailing line ends."""


def expand(words: Iterable[Word], scope: VariableScope, source: SourceText) -> list[str]:
    """Expand words to texts. Unquoted values are split at whitespace; an empty one yields no text.

    Raises LanguageError for an unset variable where the scope does not allow it.
    """
    found: list[str] = []
    for word in words:
        found.extend(_Fields(scope, source).of(word))
    return found


def expand_one(word: Word, scope: VariableScope, source: SourceText) -> str:
    """Expand a word to exactly one text. Raises LanguageError if it yields none or several."""
    texts = expand((word,), scope, source)
    if len(texts) != 1:
        what = "nothing" if not texts else f"{len(texts)} words"
        raise LanguageError(
            f"one word is wanted here, this is {what}", source, word.span, hint='quote it: "..."'
        )
    return texts[0]


class _Fields:
    """Expands one word; `_open` is the text that the next piece continues, if any."""

    def __init__(self, scope: VariableScope, source: SourceText) -> None:
        self._scope = scope
        self._source = source
        self._done: list[str] = []
        self._open: str | None = None

    def of(self, word: Word) -> list[str]:
        parts = word.parts
        if (word.opening == "~" and len(parts) == 1) or word.opening.startswith("~/"):
            self._add(self._scope.home + word.opening[1:])
            parts = parts[1:]
        for part in parts:
            self._part(part)
        self._close()
        return self._done

    def _part(self, part: Part) -> None:
        if isinstance(part, Literal):
            self._add(part.text)
        elif isinstance(part, Variable) and part.name == "@":
            self._arguments(part)
        else:
            text = self._variable(part) if isinstance(part, Variable) else self._capture(part)
            self._add(text) if part.is_quoted else self._split(text)

    def _add(self, text: str) -> None:
        self._open = (self._open or "") + text

    def _close(self) -> None:
        if self._open is not None:
            self._done.append(self._open)
        self._open = None

    def _split(self, text: str) -> None:
        if text[:1].isspace():
            self._close()
        for place, piece in enumerate(text.split()):
            if place:
                self._close()
            self._add(piece)
        if text[-1:].isspace():
            self._close()

    def _arguments(self, part: Variable) -> None:
        arguments = self._scope.arguments or self._default(part)
        for place, argument in enumerate(arguments):
            if place:
                self._close()
            self._add(argument) if part.is_quoted else self._split(argument)

    def _default(self, part: Variable) -> list[str]:
        if part.default is None:
            return []
        return expand((Word(part.default, part.span),), self._scope, self._source)

    def _capture(self, part: Substitution) -> str:
        return self._scope.capture(part.program)

    def _variable(self, part: Variable) -> str:
        value = self._value(part.name)
        if part.default is not None:
            return value or self._text_of(part.default)
        if value is None:
            if self._scope.allows_unset:
                return ""
            hint = f"set it, or write ${{{part.name}:-default}}"
            raise LanguageError(f"the variable {part.name} is not set", self._source, part.span, hint=hint)
        return value

    def _value(self, name: str) -> str | None:
        scope = self._scope
        if name == "?":
            return str(scope.status)
        if name == "#":
            return str(len(scope.arguments))
        if name.isdecimal() and name != "0":
            place = int(name) - 1
            return scope.arguments[place] if place < len(scope.arguments) else None
        return scope.lookup(name)

    def _text_of(self, parts: tuple[Part, ...]) -> str:
        quoted = tuple(part if isinstance(part, Literal) else part._replace(is_quoted=True) for part in parts)
        return "".join(_Fields(self._scope, self._source).of(Word(quoted, (0, 0)))) if quoted else ""
