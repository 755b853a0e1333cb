"""`printf`, `print` and `println`, as in Go's fmt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from machsh.go.template.budget import joined
from machsh.go.template.printing import NIL, Verb, render, show
from machsh.go.template.values import type_name, unboxed

_FLAGS: dict[str, Callable[[Verb], Verb]] = {
    "#": lambda verb: replace(verb, sharp=True),
    "+": lambda verb: replace(verb, plus=True),
    " ": lambda verb: replace(verb, space=True),
    "0": lambda verb: replace(verb, zero=not verb.minus),
    "-": lambda verb: replace(verb, minus=True, zero=False),
}
_LARGEST = 1_000_000


def printf(form: str, *arguments: Any) -> str:
    """Format like Go's Sprintf; mistakes appear in the result as `%!...`."""
    return _Format(form, [unboxed(one) for one in arguments]).run()


def print_values(*arguments: Any) -> str:
    """Go's Sprint: a space between two operands if neither is a string."""
    return joined(_operands(arguments))


def _operands(arguments: Sequence[Any]) -> Iterator[str]:
    was_string = True
    for place, argument in enumerate(map(unboxed, arguments)):
        is_string = isinstance(argument, str)
        yield " " if place and not is_string and not was_string else ""
        yield show(argument)
        was_string = is_string


def print_line(*arguments: Any) -> str:
    """Go's Sprintln: spaces between all operands, a newline at the end."""
    return joined(f"{' ' * bool(place)}{show(unboxed(one))}" for place, one in enumerate(arguments)) + "\n"


class _Format:
    """The state of formatting one text."""

    def __init__(self, form: str, arguments: Sequence[Any]) -> None:
        self._form = form
        self._arguments = arguments
        self._place = 0
        self._next = 0
        """Index of the next argument."""
        self._is_reordered = False
        self._is_good = True
        self._after_index = False

    def run(self) -> str:
        return joined(self._pieces())

    def _pieces(self) -> Iterator[str]:
        while self._place < len(self._form):
            start = self._form.find("%", self._place)
            if start < 0:
                yield self._form[self._place :]
                break
            yield self._form[self._place : start]
            self._place = start + 1
            yield self._verb()
        yield self._extra()

    def _peek(self) -> str:
        return self._form[self._place : self._place + 1]

    def _verb(self) -> str:
        """Format one verb with its argument."""
        self._is_good, self._after_index = True, False
        notes = ""
        verb = self._flags()
        self._index()
        width, note = self._size(after_dot=False)
        notes += note
        if width is not None and width < 0:
            verb = replace(verb, minus=True, zero=False)
            width = -width
        verb = replace(verb, width=width)
        if self._peek() == "." and self._place + 1 < len(self._form):
            self._place += 1
            self._is_good = self._is_good and not self._after_index
            self._index()
            precision, note = self._size(after_dot=True)
            notes += note
            verb = replace(verb, precision=precision)
        if not self._after_index:
            self._index()
        letter = self._peek()
        self._place += 1
        return notes + (self._applied(replace(verb, letter=letter)) if letter else "%!(NOVERB)")

    def _flags(self) -> Verb:
        verb = Verb()
        while (flag := self._peek()) and flag in _FLAGS:
            self._place += 1
            verb = _FLAGS[flag](verb)
        return verb

    def _index(self) -> None:
        """Consume an explicit argument number, `[3]`, if one comes next."""
        if self._peek() != "[":
            return
        self._is_reordered = True
        end = self._form.find("]", self._place)
        inner = self._form[self._place + 1 : end] if end >= 0 else ""
        self._place = end + 1 if end >= 0 else self._place + 1
        if inner.isascii() and inner.isdigit() and 1 <= int(inner) <= len(self._arguments):
            self._next = int(inner) - 1
            self._after_index = True
        else:
            self._is_good = False

    def _size(self, *, after_dot: bool) -> tuple[int | None, str]:
        """Parse a width or precision: digits, or `*` for an argument. Return it and Go's note if invalid."""
        if self._peek() == "*":
            self._place += 1
            return self._size_argument(after_dot)
        start = self._place
        while self._peek().isascii() and self._peek().isdigit():
            self._place += 1
        digits = self._form[start : self._place]
        if digits and self._after_index:
            self._is_good = False
        if digits and int(digits) > _LARGEST:
            return None, ""
        return (int(digits) if digits else 0 if after_dot else None), ""

    def _size_argument(self, after_dot: bool) -> tuple[int | None, str]:
        value = self._arguments[self._next] if self._next < len(self._arguments) else None
        self._next += self._next < len(self._arguments)
        self._after_index = False
        note = "%!(BADPREC)" if after_dot else "%!(BADWIDTH)"
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
            return None, note
        return (None, note) if after_dot and value < 0 else (value, "")

    def _applied(self, verb: Verb) -> str:
        if verb.letter == "%":
            return "%"
        if not self._is_good:
            return f"%!{verb.letter}(BADINDEX)"
        if self._next >= len(self._arguments):
            return f"%!{verb.letter}(MISSING)"
        if verb.letter == "v":
            verb = replace(verb, shows_source=verb.sharp, shows_fields=verb.plus, sharp=False, plus=False)
        self._next += 1
        return render(self._arguments[self._next - 1], verb)

    def _extra(self) -> str:
        rest = [] if self._is_reordered else self._arguments[self._next :]
        if not rest:
            return ""
        shown = [NIL if one is None else f"{type_name(one)}={show(one)}" for one in rest]
        return f"%!(EXTRA {', '.join(shown)})"
