"""Times, sizes and columns as the docker CLI writes them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

_GAP = 3


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows aligned as docker's tables: three blanks between columns."""
    widths = [max(len(row[index]) for row in rows) + _GAP for index in range(len(rows[0]))]
    lines = ("".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [line.rstrip() for line in lines]


def size(count: float) -> str:
    """Bytes with three digits and a decimal unit: `1.24MB`."""
    units = ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if count < 1000 or unit == units[-1]:
            return f"{count:.3g}{unit}"
        count /= 1000
    return ""


_HOUR = 3600
_DAY = 24 * _HOUR
_STEPS = (
    (60, 1, "seconds"),
    (_HOUR, 60, "minutes"),
    (2 * _DAY, _HOUR, "hours"),
    (14 * _DAY, _DAY, "days"),
    (60 * _DAY, 7 * _DAY, "weeks"),
    (730 * _DAY, 30 * _DAY, "months"),
)
"""Below how many seconds which unit is used."""


def duration(seconds: float) -> str:
    """A duration in words: `5 minutes`, `About an hour`, `3 weeks`."""
    if seconds < 1:
        return "Less than a second"
    if seconds < 2:
        return "1 second"
    if 60 <= seconds < 120:
        return "About a minute"
    if _HOUR <= seconds < 1.5 * _HOUR:
        return "About an hour"
    for limit, unit, name in _STEPS:
        if seconds < limit:
            rounding = 0.5 if name == "hours" else 0
            return f"{int(seconds / unit + rounding)} {name}"
    return f"{int(seconds // (365 * _DAY))} years"


def since(moment: float | str, now: float) -> str:
    """How long ago, from seconds since the epoch or the engine's ISO text."""
    if isinstance(moment, str):
        moment = datetime.datetime.fromisoformat(moment[:19] + "+00:00").timestamp()
    return duration(max(0.0, now - moment)) + " ago"


def short_id(identity: str, full: bool = False) -> str:
    """The twelve characters that docker shows, or with `full` the whole."""
    bare = identity.removeprefix("sha256:")
    return identity if full else bare[:12]
