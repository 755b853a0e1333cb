"""Aligns two columns with tabs as Go's tabwriter does."""

from __future__ import annotations

from collections.abc import Iterable

_TAB = 8


def align(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Return one line per row; the first column is its widest cell + 1, rounded up to whole tab stops."""
    rows = list(rows)
    widest = max((len(left) for left, _ in rows), default=0) + 1
    width = -(-widest // _TAB) * _TAB
    return [left + "\t" * -(-(width - len(left)) // _TAB) + right for left, right in rows]
