"""Formats times and tables as the docker CLI does."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from machsh.humanize import age

_GAP = 3


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align rows in columns that are three blanks apart, as in docker's tables; return the lines."""
    widths = [max(len(row[index]) for row in rows) + _GAP for index in range(len(rows[0]))]
    lines = ("".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [line.rstrip() for line in lines]


def since(moment: float | str, now: float) -> str:
    """Return how long ago a moment was, such as `5 minutes ago`.

    `moment` is in seconds since the epoch, or the engine's ISO 8601 text in UTC.
    """
    if isinstance(moment, str):
        moment = datetime.datetime.fromisoformat(moment[:19] + "+00:00").timestamp()
    return age(max(0.0, now - moment)) + " ago"


def short_id(identity: str, full: bool = False) -> str:
    """Return an id's first twelve characters without `sha256:`, or the whole id if `full`."""
    bare = identity.removeprefix("sha256:")
    return identity if full else bare[:12]
