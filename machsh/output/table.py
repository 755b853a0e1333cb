"""Rows under columns, as text, in docker-machine's layout: three blanks between, the last cell unpadded."""

from __future__ import annotations

import csv
import io
from typing import Any

from machsh.output.results import Table
from machsh.output.screen import cut, width
from machsh.output.theme import Theme

LEAST, GAP = 5, 3
"""docker-machine's narrowest column, and the blanks after the longest cell."""
NARROWEST = 4
"""A column is not cut below this."""


def render(table: Table, theme: Theme | None = None, columns: int = 0) -> str:
    """The table's lines. `columns` is the terminal's width, to which cells are cut; 0 cuts nothing."""
    rows = [list(table.columns), *(list(row) for row in table.rows)]
    rows = [[_one_line(cell) for cell in row] for row in rows] if columns else rows
    widths = [max(width(row[place]) for row in rows) for place in range(len(table.columns))]
    if columns:
        widths = fit(widths, columns)
        rows = [[cut(cell, wide) for cell, wide in zip(row, widths, strict=True)] for row in rows]
    looks = [["heading"] * len(table.columns), *table.styles] if theme else []
    lines = []
    for number, row in enumerate(rows):
        line_looks = looks[number] if number < len(looks) else ()
        lines.append(_line(row, widths, line_looks, theme))
    return "\n".join(lines)


def _line(row: list[str], widths: list[int], looks: Any, theme: Theme | None) -> str:
    cells = []
    for place, cell in enumerate(row):
        is_last = place == len(row) - 1
        blanks = 0 if is_last else max(LEAST, widths[place] + GAP) - width(cell)
        painted = theme.paint(cell, looks[place]) if theme and place < len(looks) else cell
        cells.append(painted + " " * blanks)
    return "".join(cells)


def _one_line(cell: str) -> str:
    return " ".join(cell.split()) if "\n" in cell else cell


def fit(widths: list[int], columns: int) -> list[int]:
    """Widths that fit the screen: the widest column gives way first, the later one among equals."""
    fitted = list(widths)
    while fitted and sum(fitted) + GAP * (len(fitted) - 1) > columns:
        widest = max(range(len(fitted)), key=lambda place: (fitted[place], place))
        if fitted[widest] <= NARROWEST:
            break
        fitted[widest] -= 1
    return fitted


def as_csv(table: Table) -> str:
    """Comma-separated values with a heading line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([table.columns, *table.rows])
    return text.getvalue().rstrip("\n")


def as_documents(table: Table) -> list[dict[str, str]]:
    """One mapping per row, for JSON; the keys are the columns in lower case."""
    keys = [name.lower() for name in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]
