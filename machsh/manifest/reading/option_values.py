"""Checks and converts the values of options in a manifest, and replaces `${NAME}` in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machsh.options import Kind, Option, Value
from machsh.validators import TEXT as ANY_TEXT

ACCEPTED = {
    Kind.STRING: ("string", "integer"),
    Kind.INT: ("integer", "string"),
    Kind.BOOL: ("boolean", "string"),
    Kind.LIST: ("array", "string"),
}
"""Kind of an option -> JSON types of its value; texts may hold ${NAME}. A list holds texts and numbers."""
ITEM = ("string", "integer")
WORDS = {
    Kind.STRING: "a text or a number",
    Kind.INT: "a whole number",
    Kind.BOOL: "true or false",
    Kind.LIST: "a list of texts",
}
_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list}


def option_value(
    option: Option, value: Any, filled: Callable[[str], str], convert: Callable[[Option, str], Value]
) -> Value:
    """Return the value of an option, with variables replaced. Raises ValueError saying what it must be."""
    if not _is_one_of(value, ACCEPTED[option.kind]):
        raise ValueError(f"must be {WORDS[option.kind]}")
    if option.kind is Kind.LIST:
        items = value if isinstance(value, list) else [value]
        if not all(_is_one_of(item, ITEM) for item in items):
            raise ValueError(f"must be {WORDS[option.kind]}")
        return [_checked(option, filled(str(item))) for item in items]
    if not isinstance(value, str):
        return _checked(option, str(value)) if option.kind is Kind.STRING else value
    text = _checked(option, filled(value))
    try:
        return convert(option, text)
    except ValueError:
        raise ValueError(f"must be {WORDS[option.kind]}") from None


def _checked(option: Option, text: str) -> str:
    if not ANY_TEXT.accepts(text):
        raise ValueError(f"must be {ANY_TEXT.words}")
    if option.choices and text not in option.choices:
        raise ValueError(f"must be one of {', '.join(option.choices)}")
    return text


def _is_one_of(value: Any, names: tuple[str, ...]) -> bool:
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)
