"""`index`, `slice` and `len`; wrong arguments raise CallError."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from machsh.go.template.errors import CallError
from machsh.go.template.values import (
    ANY,
    Boxed,
    Byte,
    Map,
    Named,
    Slice,
    element,
    element_type,
    indirect,
    type_name,
    unboxed,
)

_ZEROS: dict[str, Any] = {"string": "", ANY: Boxed(None)}


def index(item: Any, *keys: Any) -> Any:
    """Go's `index`: `index x 1 "a"` is `x[1]["a"]`."""
    item = unboxed(item)
    if item is None:
        raise CallError("index of untyped nil")
    for key in keys:
        item, is_nil = indirect(item)
        if is_nil:
            raise CallError("index of nil pointer")
        item = _at(item, unboxed(key))
    return item


def _at(item: Any, key: Any) -> Any:
    if isinstance(item, dict):
        return _of_map(item, key)
    if isinstance(item, list):
        return element(item, _existing(key, len(item), "slice"))
    if isinstance(item, str):
        content = item.encode("utf-8", "surrogateescape")
        return Byte(content[_existing(key, len(content), "string")])
    raise CallError(f"can't index item of type {type_name(item)}")


def _of_map(item: dict[str, Any], key: Any) -> Any:
    if key is None:
        raise CallError("value is nil; should be of type string")
    if not isinstance(key, str):
        raise CallError(f"value has type {type_name(key)}; should be string")
    if key in item:
        return element(item, key)
    return _ZEROS.get(element_type(item)) if isinstance(item, Map) else Boxed(None)


def _existing(key: Any, length: int, what: str) -> int:
    place = _place(key, length)
    if place == length:  # Go checks this case elsewhere, hence the other text
        raise CallError(f"reflect: {what} index out of range")
    return place


def _place(key: Any, length: int) -> int:
    if key is None:
        raise CallError("cannot index slice/array with nil")
    if not isinstance(key, int | Named) or isinstance(key, bool):
        raise CallError(f"cannot index slice/array with type {type_name(key)}")
    place = key.value if isinstance(key, Named) else int(key)
    if not 0 <= place <= length:
        raise CallError(f"index out of range: {place}")
    return place


def slice_of(item: Any, *keys: Any) -> Any:
    """Go's `slice`: a part of a list, or of a string by bytes."""
    item = unboxed(item)
    if item is None:
        raise CallError("slice of untyped nil")
    if len(keys) > 3:
        raise CallError(f"too many slice indexes: {len(keys)}")
    if not isinstance(item, str | list):
        raise CallError(f"can't slice item of type {type_name(item)}")
    if isinstance(item, str) and len(keys) == 3:
        raise CallError("cannot 3-index slice a string")
    content: Any = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item
    places = [_place(unboxed(key), len(content)) for key in keys]
    ends = [0, len(content), *places[2:]]
    ends[: len(places)] = places
    for low, high in pairwise(ends):
        if low > high:
            raise CallError(f"invalid slice index: {low} > {high}")
    part = content[ends[0] : ends[1]]
    if isinstance(part, bytes):
        return part.decode("utf-8", "surrogateescape")
    return Slice(item.element, part) if isinstance(item, Slice) else part


def length(item: Any) -> int:
    """Go's `len`: the number of elements, or of a string's bytes."""
    found, is_nil = indirect(item)
    if is_nil:
        raise CallError("len of nil pointer")
    if isinstance(found, str):
        return len(found.encode("utf-8", "surrogateescape"))
    if isinstance(found, list | dict):
        return len(found)
    if found is None:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    raise CallError(f"len of type {type_name(found)}")
