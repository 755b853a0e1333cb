"""`eq`, `ne`, `lt`, `le`, `gt`, `ge`. Values of different types raise CallError, as in Go."""

from __future__ import annotations

from typing import Any

from machsh.go.template.errors import CallError
from machsh.go.template.printing import show
from machsh.go.template.values import kind, number, type_name, unboxed

_BASIC = frozenset(("bool", "int", "uint", "float", "string"))
_WHOLE = frozenset(("int", "uint"))
_WRONG_TYPE = "invalid type for comparison"
_WRONG_PAIR = "incompatible types for comparison"


def equal(first: Any, *others: Any) -> bool:
    """Whether the first equals any of the others."""
    if not others:
        raise CallError("missing argument for comparison")
    first = unboxed(first)
    return any(_equals(first, unboxed(other)) for other in others)


def _equals(first: Any, other: Any) -> bool:
    one, two = kind(first), kind(other)
    are_basic = one in _BASIC, two in _BASIC
    if all(are_basic):
        if one != two and not {one, two} <= _WHOLE:
            raise CallError(_WRONG_PAIR)
        return bool(number(first) == number(other))
    if any(are_basic):
        if first is None or other is None:
            return False
        raise CallError(_WRONG_PAIR)
    return _same(first, other)


def _same(first: Any, other: Any) -> bool:
    """Compare two values neither of which is a number, string or boolean."""
    if first is None or other is None:
        return first is None and other is None
    if kind(first) != kind(other):
        shown = f"{_bare(first)}: {type_name(first)}, {type_name(other)}: {_bare(other)}"
        raise CallError(f"non-comparable types {shown}")
    if isinstance(other, list | dict):
        raise CallError(f"non-comparable type {_bare(other)}: {type_name(other)}")
    return bool(first == other)


def _bare(value: Any) -> str:
    return show(value)


def not_equal(first: Any, second: Any) -> bool:
    """Go's `ne`."""
    return not equal(first, second)


def less(first: Any, second: Any) -> bool:
    """Go's `lt`, for numbers and strings."""
    first, second = unboxed(first), unboxed(second)
    one, two = kind(first), kind(second)
    if one not in _BASIC or two not in _BASIC:
        raise CallError(_WRONG_TYPE)
    if one != two and not {one, two} <= _WHOLE:
        raise CallError(_WRONG_PAIR)
    if one == "bool":
        raise CallError(_WRONG_TYPE)
    return bool(number(first) < number(second))


def less_or_equal(first: Any, second: Any) -> bool:
    """Go's `le`."""
    return less(first, second) or equal(first, second)


def greater(first: Any, second: Any) -> bool:
    """Go's `gt`."""
    return not less_or_equal(first, second)


def greater_or_equal(first: Any, second: Any) -> bool:
    """Go's `ge`."""
    return not less(first, second)
