"""The values of templates: Python's types stand for Go's, and classes for the types that Python lacks.

str, bool, int and float stand for Go's string, bool, int and float64; a plain dict for
`map[string]interface {}` and a plain list for `[]interface {}`, as in decoded JSON. None is a missing value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANY = "interface {}"


@dataclass(frozen=True, slots=True)
class Boxed:
    """A value in Go's `interface {}`, such as an element of decoded JSON; `Boxed(None)` is its nil."""

    value: Any


class Slice(list[Any]):
    """A list with a known element type; `element` is its Go name."""

    def __init__(self, element: str, values: Any = ()) -> None:
        super().__init__(values)
        self.element = element


class Map(dict[str, Any]):
    """A mapping with a known value type; `element` is its Go name."""

    def __init__(self, element: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.element = element


class Byte(int):
    """One byte of a string: Go's uint8."""


@dataclass(frozen=True, slots=True)
class Named:
    """A value of a named Go integer type with a String method, such as a state or a duration."""

    type_name: str
    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Struct:
    """A Go struct: its fields in order, and its type's name for error texts."""

    type_name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer to a struct; a target of None is nil."""

    type_name: str
    """The name of the target's type."""
    target: Struct | None = None


def type_name(value: Any) -> str:
    """Return Go's name for a value's type. Raises KeyError for None."""
    if isinstance(value, Boxed):
        return ANY
    if isinstance(value, Pointer):
        return f"*{value.type_name}"
    if isinstance(value, Struct | Named):
        return value.type_name
    if isinstance(value, list):
        return f"[]{element_type(value)}"
    if isinstance(value, dict):
        return f"map[string]{element_type(value)}"
    names = {bool: "bool", int: "int", float: "float64", str: "string", Byte: "uint8"}
    return names[type(value)]


def element_type(container: Any) -> str:
    """Return Go's name for the element type of a list or mapping."""
    return str(getattr(container, "element", ANY))


def kind(value: Any) -> str:
    """Return a value's kind as in Go's reflect, without sizes; `invalid` for None."""
    kinds = {
        Boxed: "interface",
        Pointer: "ptr",
        Struct: "struct",
        Named: "int",
        Byte: "uint",
        bool: "bool",
        int: "int",
        float: "float",
        str: "string",
        type(None): "invalid",
    }
    if isinstance(value, list):
        return "slice"
    return "map" if isinstance(value, dict) else kinds[type(value)]


def element(container: Any, key: Any) -> Any:
    """Return an element, boxed unless the container's element type is known."""
    value = container[key]
    return value if isinstance(container, Slice | Map) else Boxed(value)


def unboxed(value: Any) -> Any:
    """Return the content of a Boxed value (None for nil); other values unchanged."""
    while isinstance(value, Boxed):
        value = value.value
    return value


def indirect(value: Any) -> tuple[Any, bool]:
    """Follow boxes and pointers; return the last value, and whether it is a nil one."""
    while isinstance(value, Boxed | Pointer):
        inner = value.value if isinstance(value, Boxed) else value.target
        if inner is None:
            return value, True
        value = inner
    return value, False


def number(value: Any) -> Any:
    """Return the number of a Named value; other values unchanged."""
    return value.value if isinstance(value, Named) else value


def is_true(value: Any) -> bool:
    """Whether `if` counts a value as true: not empty, zero or nil. A struct is always true."""
    value = unboxed(value)
    if isinstance(value, Struct):
        return True
    if isinstance(value, Pointer):
        return value.target is not None
    return bool(number(value))


def from_json(value: Any) -> Any:
    """Convert the result of `json.loads` to what Go decodes: every number is a float64."""
    if isinstance(value, dict):
        return {key: from_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [from_json(one) for one in value]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_whole else value
