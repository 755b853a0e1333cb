"""Reads Azure's answers: what has another form than documented counts as absent."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def part(found: Json, key: str) -> Json:
    """Return an object inside an object; {} if there is none."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def properties(found: Json) -> Json:
    """Return the properties of a thing."""
    return part(found, "properties")


def entries(found: Json, key: str) -> list[Json]:
    """Return the objects of a list inside an object; [] if there is none."""
    value = found.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number(text: str) -> float:
    """Return a number given as text; 0 if it is not one."""
    try:
        return float(text)
    except ValueError:
        return 0.0
