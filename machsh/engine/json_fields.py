"""Fields of an engine's JSON: one that is missing, or of another type, is empty or 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONGEST_TEXT = 200


def text(document: Mapping[str, Any], key: str) -> str:
    """Return a text on one line, cut after 200 letters."""
    value = document.get(key)
    return " ".join(value.split())[:_LONGEST_TEXT] if isinstance(value, str) else ""


def number(document: Mapping[str, Any], key: str) -> int:
    """Return a whole number that is not negative."""
    value = document.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def items(document: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list."""
    value = document.get(key)
    return value if isinstance(value, list) else []


def mapping(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return an object."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}
