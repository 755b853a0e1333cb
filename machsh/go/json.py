"""JSON as Go's encoder writes it. Quick commands use it, so it imports nothing slow."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_TABLE = str.maketrans(_ESCAPES)


def go_json(value: Any, *, indent: int | None = 4, sort_keys: bool = False) -> str:
    """Encode a value: `<`, `>`, `&`, U+2028 and U+2029 escaped, no newline at the end."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, indent=indent, ensure_ascii=False, separators=separators, sort_keys=sort_keys)
    return text.translate(_TABLE)
