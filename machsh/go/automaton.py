"""Matches regular expressions in time linear in the text's length, as Go does.

Python's matcher backtracks and can take exponential time. This module uses Python's parser to build a
nondeterministic automaton (Thompson's construction) and simulates all its states at once.
"""

from __future__ import annotations

from collections.abc import Callable
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST_STATES = 3_000
_IGNORE_CASE, _MULTI_LINE, _DOT_ALL = (
    codes.SRE_FLAG_IGNORECASE,
    codes.SRE_FLAG_MULTILINE,
    codes.SRE_FLAG_DOTALL,
)
_SPACES = " \t\n\r\f\v"
_BOUNDARIES = (codes.AT_BOUNDARY, codes.AT_NON_BOUNDARY)

Test = Callable[[str], bool]
Place = Callable[[str, int], bool]


class TooLargeError(Exception):
    """The pattern needs more than `MOST_STATES` states."""


class UnsupportedError(Exception):
    """The pattern uses something that a finite automaton cannot match, such as a back reference."""


class _State:
    """Consumes a character that passes `test`; without `test`, an empty move allowed where `place` holds."""

    __slots__ = ("after", "place", "test")

    def __init__(self, *after: _State, test: Test | None = None, place: Place | None = None) -> None:
        self.after = list(after)
        self.test = test
        self.place = place


class Automaton:
    """A compiled pattern. Raises re.error, RecursionError, TooLargeError or UnsupportedError."""

    def __init__(self, pattern: str) -> None:
        tree = parser.parse(pattern, codes.SRE_FLAG_ASCII)
        self._size = 0
        self._end = self._state()
        self._start = self._build(tree, tree.state.flags, self._end)

    def search(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the text."""
        current: list[_State] = []
        for at in range(len(text) + 1):
            reached = self._closure([*current, self._start], text, at)
            if self._end in reached:
                return True
            if at < len(text):
                current = [
                    state.after[0] for state in reached if state.test is not None and state.test(text[at])
                ]
        return False

    def _closure(self, states: list[_State], text: str, at: int) -> dict[_State, None]:
        reached: dict[_State, None] = {}
        waiting = states
        while waiting:
            state = waiting.pop()
            if state in reached:
                continue
            reached[state] = None
            if state.test is None and (state.place is None or state.place(text, at)):
                waiting += state.after
        return reached

    def _state(self, *after: _State, test: Test | None = None, place: Place | None = None) -> _State:
        self._size += 1
        if self._size > MOST_STATES:
            raise TooLargeError
        return _State(*after, test=test, place=place)

    def _build(self, tree: Any, flags: int, after: _State) -> _State:
        """Build the states of a sequence and return the first; the last one leads to `after`."""
        for code, argument in reversed(list(tree)):
            after = self._node(code, argument, flags, after)
        return after

    def _node(self, code: Any, argument: Any, flags: int, after: _State) -> _State:
        if code is codes.SUBPATTERN:
            _, added, removed, inner = argument
            return self._build(inner, (flags | added) & ~removed, after)
        if code is codes.BRANCH:
            return self._state(*(self._build(one, flags, after) for one in argument[1]))
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            return self._repeat(argument, flags, after)
        if code is codes.AT:
            return self._state(after, place=_place(argument, bool(flags & _MULTI_LINE)))
        return self._state(after, test=_test(code, argument, flags))

    def _repeat(self, argument: Any, flags: int, after: _State) -> _State:
        least, most, inner = argument
        if most == codes.MAXREPEAT:
            loop = self._state()
            loop.after = [self._build(inner, flags, loop), after]
            first = loop
        else:
            first = after
            for _ in range(most - least):
                first = self._state(self._build(inner, flags, first), after)
        for _ in range(least):
            first = self._build(inner, flags, first)
        return first


def _place(code: Any, is_multi_line: bool) -> Place:
    if code is codes.AT_BEGINNING and is_multi_line:
        return lambda text, at: at == 0 or text[at - 1] == "\n"
    if code is codes.AT_END and is_multi_line:
        return lambda text, at: at == len(text) or text[at] == "\n"
    if code in (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING):
        return lambda text, at: at == 0
    if code in (codes.AT_END, codes.AT_END_STRING):
        return lambda text, at: at == len(text)
    if code not in _BOUNDARIES:
        raise UnsupportedError
    wanted = code is codes.AT_BOUNDARY
    return lambda text, at: (_is_word(text[at - 1 : at]) != _is_word(text[at : at + 1])) is wanted


def _is_word(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")


def _test(code: Any, argument: Any, flags: int) -> Test:
    """Return the predicate for one character."""
    if code is codes.ANY:
        return (lambda letter: True) if flags & _DOT_ALL else (lambda letter: letter != "\n")
    if code is codes.IN:
        return _set(argument, flags)
    if code in (codes.LITERAL, codes.NOT_LITERAL, codes.RANGE):
        low, high = argument if code is codes.RANGE else (argument, argument)
        return _range(low, high, bool(flags & _IGNORE_CASE), wanted=code is not codes.NOT_LITERAL)
    if code is codes.CATEGORY:
        return _category(argument)
    raise UnsupportedError


def _range(low: int, high: int, is_any_case: bool, *, wanted: bool) -> Test:
    if not is_any_case:
        return lambda letter: (low <= ord(letter) <= high) is wanted

    def fits(letter: str) -> bool:
        cases = (letter, letter.lower(), letter.upper())
        return any(len(one) == 1 and low <= ord(one) <= high for one in cases) is wanted

    return fits


def _set(items: Any, flags: int) -> Test:
    is_negated = bool(items) and items[0][0] is codes.NEGATE
    tests = [_test(code, argument, flags) for code, argument in items if code is not codes.NEGATE]
    return lambda letter: any(test(letter) for test in tests) is not is_negated


def _category(code: Any) -> Test:
    tests: dict[Any, Test] = {
        codes.CATEGORY_DIGIT: lambda letter: letter in "0123456789",
        codes.CATEGORY_SPACE: lambda letter: letter in _SPACES,
        codes.CATEGORY_WORD: _is_word,
    }
    opposites = {
        codes.CATEGORY_NOT_DIGIT: codes.CATEGORY_DIGIT,
        codes.CATEGORY_NOT_SPACE: codes.CATEGORY_SPACE,
        codes.CATEGORY_NOT_WORD: codes.CATEGORY_WORD,
    }
    if code in opposites:
        test = tests[opposites[code]]
        return lambda letter: not test(letter)
    if code not in tests:
        raise UnsupportedError
    return tests[code]
