"""Encodes template values as Go's encoding/json does."""

from __future__ import annotations

import json
import math
from typing import Any

from machsh.go.strconv import shortest
from machsh.go.template.errors import CallError
from machsh.go.template.values import Boxed, Named, Pointer, Struct, unboxed

_SAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_ALWAYS = {"\u2028": "\\u2028", "\u2029": "\\u2029"}
_SMALL, _LARGE = 1e-6, 1e21


def to_json(value: Any, *, indent: int, is_html_safe: bool = True) -> str:
    """Encode with sorted keys, indented by `indent` spaces; on one line if 0.

    `is_html_safe` escapes `<`, `>` and `&`. Raises CallError for NaN and infinity.
    """
    escapes = {**_ALWAYS, **(_SAFE if is_html_safe else {})}
    return _encode(unboxed(value), "\n" if indent else "", " " * indent, str.maketrans(escapes))


def _encode(value: Any, line: str, step: str, escapes: dict[int, str]) -> str:
    value = _plain(value)
    if isinstance(value, dict):
        inner = line + step
        colon = ": " if line else ":"
        members = [
            f"{inner}{_string(key, escapes)}{colon}{_encode(one, inner, step, escapes)}"
            for key, one in value.items()
        ]
        return f"{{{','.join(members)}{line if members else ''}}}"
    if isinstance(value, list):
        inner = line + step
        elements = [f"{inner}{_encode(one, inner, step, escapes)}" for one in value]
        return f"[{','.join(elements)}{line if elements else ''}]"
    return _string(value, escapes) if isinstance(value, str) else _scalar(value)


def _plain(value: Any) -> Any:
    """Convert to a plain Python value: a mapping's keys sorted, a struct's in their order."""
    if isinstance(value, Boxed):
        value = unboxed(value)
    if isinstance(value, Pointer):
        value = value.target
    if isinstance(value, Struct):
        return dict(value.fields)
    if isinstance(value, dict):
        return {key: value[key] for key in sorted(value)}
    return value.value if isinstance(value, Named) else value


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _float(value)
    return str(int(value))


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise CallError(f"json: unsupported value: {shortest(value)}")
    if value and not _SMALL <= abs(value) < _LARGE:
        return shortest(value, "e").replace("e-0", "e-")
    return shortest(value, "f")


def _string(text: str, escapes: dict[int, str]) -> str:
    text = "".join("\ufffd" if "\udc80" <= one <= "\udcff" else one for one in text)
    shown = json.dumps(text, ensure_ascii=False).translate(escapes)
    return (
        shown.replace("\\b", "\\u0008").replace("\\f", "\\u000c") if "\b" in text or "\f" in text else shown
    )
