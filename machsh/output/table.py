"""Formats tables as text in docker-machine's layout (three blanks between columns), as CSV and for JSON."""

from __future__ import annotations

import csv
import io

from machsh.output.console import cut
from machsh.output.prose import broken
from machsh.output.results import Table
from machsh.output.theme import Theme
from machsh.widths import width

LEAST, GAP = 5, 3
"""docker-machine's smallest column width, and the blanks after a column's longest cell."""
INDENT = "  "
NARROWEST = 4
"""No column is cut below this width."""
READABLE = 8
"""If columns would become narrower than this, the gaps shrink to one blank first; the first column, which
says what a row is about, keeps its width until the others are as narrow."""


def render(table: Table, theme: Theme | None = None, columns: int = 0) -> str:
    """Return the table's lines, cut to the terminal's width `columns`; 0 cuts nothing.

    What is cut in the columns `table.told` stands below its row as well, whole.
    """
    rows = [list(table.columns), *(list(row) for row in table.rows)]
    looks = [["heading"] * len(table.columns), *(list(row) for row in table.styles)] if theme else []
    told: list[list[str]] = []
    gap = GAP
    if columns:
        rows = [[_one_line(cell) for cell in row] for row in rows]
        places = [list(table.columns).index(name) for name in table.told if name in table.columns]
        told = [_pick(row, places) for row in rows]
        rows, looks, gap = _fitted(rows, looks, places, columns)
    widths = _widths(rows)
    lines = []
    for number, row in enumerate(rows):
        line_looks = looks[number] if number < len(looks) else []
        lines.append(_line(row, widths, gap, [*line_looks, *[""] * len(row)], theme))
        for text in told[number] if told and number else []:
            if text and text not in row:
                whole = broken(INDENT + text, columns, indent=INDENT)
                lines.append(theme.paint(whole, "hint") if theme else whole)
    return "\n".join(lines)


def _fitted(
    rows: list[list[str]], looks: list[list[str]], told: list[int], columns: int
) -> tuple[list[list[str]], list[list[str]], int]:
    """Return rows and looks cut to the terminal's width, and the gap; `told` are the columns told below."""
    left_out = [place for place in told if _is_told_only(rows, place, columns)]
    left = [place for place in range(len(rows[0])) if place not in left_out]
    told = [left.index(place) for place in told if place in left]
    rows, looks = [_pick(row, left) for row in rows], [_pick(row, left) for row in looks]
    kept, gap = _choose(rows, columns)
    rows, looks = [_pick(row, kept) for row in rows], [_pick(row, kept) for row in looks]
    widths = _widths(rows)
    for place in told:
        if place in kept:
            _spare_others(widths, kept.index(place), columns, gap)
    widths = fit(widths, columns, gap)
    return [[cut(cell, wide) for cell, wide in zip(row, widths, strict=True)] for row in rows], looks, gap


def _is_told_only(rows: list[list[str]], place: int, columns: int) -> bool:
    """Whether a column has no room, and nothing that could be read where it stands: it is told below then."""
    kept = [at for at in range(len(rows[0])) if any(row[at] for row in rows[1:])]
    cells = [row[place] for row in rows[1:] if row[place]]
    return bool(cells) and _total(_widths(rows), 1, kept) > columns and min(map(width, cells)) > READABLE


def _spare_others(widths: list[int], place: int, columns: int, gap: int) -> None:
    """Narrow the column whose text is told below before any other is cut."""
    too_much = _total(widths, gap) - columns
    if too_much > 0:
        widths[place] = max(min(READABLE, widths[place]), widths[place] - too_much)


def _line(row: list[str], widths: list[int], gap: int, looks: list[str], theme: Theme | None) -> str:
    cells = []
    for place, cell in enumerate(row):
        is_last = place == len(row) - 1
        least = LEAST if gap == GAP else 0
        blanks = 0 if is_last else max(least, widths[place] + gap) - width(cell)
        cells.append((theme.paint(cell, looks[place]) if theme else cell) + " " * blanks)
    return "".join(cells)


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]


def _pick(row: list[str], kept: list[int]) -> list[str]:
    return [row[place] for place in kept if place < len(row)]


def _choose(rows: list[list[str]], columns: int) -> tuple[list[int], int]:
    """Return the indices of columns that fit, and the gap.

    Empty columns are dropped first, then gaps shrink if nothing is cut then, then columns go from the right.
    """
    kept = list(range(len(rows[0])))
    if _total(_widths(rows), GAP) > columns:
        kept = [place for place in kept if any(row[place] for row in rows[1:])] or kept
    for gap in range(GAP, 0, -1):
        if _total(_widths(rows), gap, kept) <= columns:
            return kept, gap
    if _total([min(READABLE, wide) for wide in _widths(rows)], GAP, kept) <= columns:
        return kept, GAP
    while len(kept) > 1 and _total([min(NARROWEST, wide) for wide in _widths(rows)], 1, kept) > columns:
        kept.pop()
    return kept, 1


def _total(widths: list[int], gap: int, kept: list[int] | None = None) -> int:
    chosen = widths if kept is None else [widths[place] for place in kept]
    return sum(chosen) + gap * (len(chosen) - 1)


def _one_line(cell: str) -> str:
    return " ".join(cell.split()) if "\n" in cell else cell


def fit(widths: list[int], columns: int, gap: int = GAP) -> list[int]:
    """Shrink the widest column (the rightmost of equals) until the table fits or no column can be cut.

    The first one is spared while another is wider than READABLE.
    """
    fitted = list(widths)
    while fitted and _total(fitted, gap) > columns:
        others = range(1, len(fitted))
        chosen = [place for place in others if fitted[place] > READABLE] or range(len(fitted))
        widest = max(chosen, key=lambda place: (fitted[place], place))
        if fitted[widest] <= NARROWEST:
            break
        fitted[widest] -= 1
    return fitted


def as_csv(table: Table) -> str:
    """Return comma-separated values with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([table.columns, *table.rows])
    return text.getvalue().rstrip("\n")


def as_documents(table: Table) -> list[dict[str, str]]:
    """Return one mapping per row, for JSON; the keys are the column names in lower case."""
    keys = [name.lower() for name in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]
