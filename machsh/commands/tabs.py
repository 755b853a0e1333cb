"""Columns behind tabs, as Go's tabwriter aligns them."""

from __future__ import annotations

from collections.abc import Iterable

_TAB = 8
LEAST = 5
GAP = 3
"""docker-machine's narrowest column, and the blanks after the longest cell."""


def align(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Two columns, padded with tabs: the first as wide as its widest cell + 1, rounded up to whole tabs."""
    rows = list(rows)
    widest = max((len(left) for left, _ in rows), default=0) + 1
    width = -(-widest // _TAB) * _TAB
    return [left + "\t" * -(-(width - len(left)) // _TAB) + right for left, right in rows]


def elastic(text: str) -> str:
    """Replace tabs by blanks: in a run of lines that have a column, its cells are equally wide."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths = [[0] * (len(cells) - 1) for cells in lines]
    for column in range(max(len(cells) for cells in lines) - 1):
        for run in _runs(lines, column):
            width = max(LEAST, max(len(lines[row][column]) for row in run) + GAP)
            for row in run:
                widths[row][column] = width
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(cells, wide, strict=False)) + cells[-1]
        for cells, wide in zip(lines, widths, strict=True)
    )


def _runs(lines: list[list[str]], column: int) -> list[list[int]]:
    """The runs of lines whose cell in this column is followed by a tab."""
    runs: list[list[int]] = [[]]
    for row, cells in enumerate(lines):
        if len(cells) - 1 > column:
            runs[-1].append(row)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
