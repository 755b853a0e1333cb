"""Times and columns as the docker CLI writes them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from machsh.humanize import age

_GAP = 3


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows aligned as docker's tables: three blanks between columns."""
    widths = [max(len(row[index]) for row in rows) + _GAP for index in range(len(rows[0]))]
    lines = ("".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [line.rstrip() for line in lines]


def since(moment: float | str, now: float) -> str:
    """How long ago, from seconds since the epoch or the engine's ISO text."""
    if isinstance(moment, str):
        moment = datetime.datetime.fromisoformat(moment[:19] + "+00:00").timestamp()
    return age(max(0.0, now - moment)) + " ago"


def short_id(identity: str, full: bool = False) -> str:
    """The twelve characters that docker shows, or with `full` the whole."""
    bare = identity.removeprefix("sha256:")
    return identity if full else bare[:12]
