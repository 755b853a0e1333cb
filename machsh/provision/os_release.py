"""Reading `/etc/os-release`: which distribution a host is."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$")
_ESCAPE = re.compile(r"\\([\\\"'$`])")


def parse(text: str) -> dict[str, str]:
    """The names and values of an os-release file; comments, empty and broken lines are skipped."""
    found: dict[str, str] = {}
    for line in text.lstrip("\ufeff").splitlines():
        match = _LINE.match(line)
        if match:
            found[match[1]] = _value(match[2])
    return found


def _value(raw: str) -> str:
    """A value without its quotes; a quote that is never closed is dropped."""
    if raw[:1] == "'":
        return raw[1:].partition("'")[0]
    if raw[:1] == '"':
        raw = raw[1:-1] if len(raw) > 1 and raw[-1] == '"' else raw[1:]
    return _ESCAPE.sub(r"\1", raw)


def identity(os_release: Mapping[str, str]) -> str:
    """Its `ID`, lower case; `linux` when it says none, as os-release(5) has it."""
    return os_release.get("ID", "").lower() or "linux"


def likes(os_release: Mapping[str, str]) -> list[str]:
    """The systems of `ID_LIKE`, the nearest first."""
    return os_release.get("ID_LIKE", "").lower().split()


EXACT = 100
"""The score of a system known by its ID."""


def exactness(os_release: Mapping[str, str], *names: str) -> int:
    """How exactly one of `names` is this system: EXACT by ID, less by ID_LIKE, 0 not at all.

    In ID_LIKE the first name counts most, as it is the nearest relative.
    """
    if identity(os_release) in names:
        return EXACT
    for place, like in enumerate(likes(os_release)):
        if like in names:
            return max(1, EXACT // 2 - place)
    return 0


def version(os_release: Mapping[str, str]) -> tuple[int, ...]:
    """`VERSION_ID` as numbers (`14.04` is (14, 4)); empty when it is none."""
    parts = os_release.get("VERSION_ID", "").split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()
