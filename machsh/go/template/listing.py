"""Renders a list with `--format`: one line per item; with the prefix `table`, a header and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from machsh.go.template import Template, TemplateError
from machsh.go.template.functions import Functions
from machsh.go.template.values import Map, Struct

TABLE = "table"
MINIMUM, PADDING = 5, 3
"""A column's minimum width, and the number of spaces after its widest cell."""


def render_listing(
    form: str, headers: Mapping[str, str], items: Iterable[Struct], functions: Functions | None = None
) -> str:
    """Render the items. `headers` maps fields to titles for `table`.

    Raises TemplateError, with the output before the failure in its `printed`.
    """
    is_table = form.startswith(TABLE)
    form = form.removeprefix(TABLE).strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    template = Template.parse(form, functions=functions)
    finish = align if is_table else str
    rows = [Map("string", headers)] if is_table else []
    printed = ""
    for item in (*rows, *items):
        try:
            printed += f"{template.render(item)}\n"
        except TemplateError as error:
            raise TemplateError(str(error), printed=finish(printed + error.printed)) from error
    return finish(printed)


def align(text: str) -> str:
    """Align cells that end with a tab as Go's tabwriter does: adjacent lines with the cell form a column."""
    rows = [line.split("\t") for line in text.split("\n")]
    if rows[-1][-1:] == [""] and rows[-1][1:]:
        rows[-1].pop()  # the text ends after a tab, so the cell before that is the last one
    _widen(rows, 0)
    return "\n".join("".join(row) for row in rows)


def _widen(rows: list[list[str]], column: int) -> None:
    """Pad this column and those to its right, for each run of adjacent rows that have it."""
    for has_cell, group in groupby(rows, key=lambda row: len(row) > column + 1):
        run = list(group)
        if not has_cell:
            continue
        longest = max(len(row[column]) for row in run)
        width = max(MINIMUM, longest + PADDING)
        for row in run:
            row[column] = row[column].ljust(width)
        _widen(run, column + 1)
