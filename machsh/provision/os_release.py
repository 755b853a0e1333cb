"""Parses `/etc/os-release` and matches it with distributions."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$")
_ESCAPE = re.compile(r"\\([\\\"'$`])")


def parse(text: str) -> dict[str, str]:
    """Return the variables of an os-release file; comments, empty and invalid lines are skipped."""
    found: dict[str, str] = {}
    for line in text.lstrip("\ufeff").splitlines():
        match = _LINE.match(line)
        if match:
            found[match[1]] = _value(match[2])
    return found


def _value(raw: str) -> str:
    """Return a value without quotes, also if the closing one is missing."""
    if raw[:1] == "'":
        return raw[1:].partition("'")[0]
    if raw[:1] == '"':
        raw = raw[1:-1] if len(raw) > 1 and raw[-1] == '"' else raw[1:]
    return _ESCAPE.sub(r"\1", raw)


def identity(os_release: Mapping[str, str]) -> str:
    """Return `ID` in lower case; `linux` if it is missing, as os-release(5) specifies."""
    return os_release.get("ID", "").lower() or "linux"


def likes(os_release: Mapping[str, str]) -> list[str]:
    """Return the systems in `ID_LIKE`, the closest relative first."""
    return os_release.get("ID_LIKE", "").lower().split()


EXACT = 100
"""The score of a match by ID."""


def exactness(os_release: Mapping[str, str], *names: str) -> int:
    """Return how exactly one of `names` matches: EXACT by ID, less by ID_LIKE, 0 for no match.

    The first name in ID_LIKE scores highest, as it is the closest relative.
    """
    if identity(os_release) in names:
        return EXACT
    for place, like in enumerate(likes(os_release)):
        if like in names:
            return max(1, EXACT // 2 - place)
    return 0


def version(os_release: Mapping[str, str]) -> tuple[int, ...]:
    """Return `VERSION_ID` as numbers (`14.04` is (14, 4)); empty if it is missing or not numeric."""
    parts = os_release.get("VERSION_ID", "").split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()
