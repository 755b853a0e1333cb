"""What templates work on: Python's values as Go's, and a few that Python has not.

str, bool, int and float are Go's; a plain dict is a `map[string]interface {}` and a plain list an
`[]interface {}`, as decoded JSON is. None is no value at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANY = "interface {}"


@dataclass(frozen=True, slots=True)
class Boxed:
    """A value met where Go knows only that it is some value: an element of decoded JSON, perhaps null."""

    value: Any


class Slice(list[Any]):
    """A list whose elements are of one known type."""

    def __init__(self, element: str, values: Any = ()) -> None:
        super().__init__(values)
        self.element = element


class Map(dict[str, Any]):
    """A mapping whose values are of one known type."""

    def __init__(self, element: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.element = element


class Byte(int):
    """One byte of a string: Go's uint8."""


@dataclass(frozen=True, slots=True)
class Named:
    """A number with a name of its own, such as a state or a duration."""

    type_name: str
    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Struct:
    """A Go struct: fields in their order, and the name that error texts use."""

    type_name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer to a struct; None points nowhere."""

    type_name: str
    """Of what it points to."""
    target: Struct | None = None


def type_name(value: Any) -> str:
    """Go's name of a value's type."""
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
    """Go's name of the type of a list's or a mapping's elements."""
    return str(getattr(container, "element", ANY))


def kind(value: Any) -> str:
    """Go's kind: what a value is beneath its name. `invalid` for no value."""
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
    """An element as Go hands it out: boxed when its type is only known to be some."""
    value = container[key]
    return value if isinstance(container, Slice | Map) else Boxed(value)


def unboxed(value: Any) -> Any:
    """What a box holds, None for null; anything else as it is."""
    while isinstance(value, Boxed):
        value = value.value
    return value


def indirect(value: Any) -> tuple[Any, bool]:
    """Follow boxes and pointers to the end; the second says that the end is nil."""
    while isinstance(value, Boxed | Pointer):
        inner = value.value if isinstance(value, Boxed) else value.target
        if inner is None:
            return value, True
        value = inner
    return value, False


def number(value: Any) -> Any:
    """A number's bare value."""
    return value.value if isinstance(value, Named) else value


def is_true(value: Any) -> bool:
    """Whether `if` takes it: not empty, not zero, not nil. A struct always is."""
    value = unboxed(value)
    if isinstance(value, Struct):
        return True
    if isinstance(value, Pointer):
        return value.target is not None
    return bool(number(value))


def from_json(value: Any) -> Any:
    """Decoded JSON as Go decodes it: every number a float64."""
    if isinstance(value, dict):
        return {key: from_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [from_json(one) for one in value]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_whole else value
