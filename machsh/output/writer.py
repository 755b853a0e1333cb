"""Prints the results of commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.go.json import go_json
from machsh.output import console, table
from machsh.output.results import Document, Exit, Result, Stream, Table, Text
from machsh.output.terminal_text import clean, clean_json, clean_line
from machsh.output.theme import Theme, highlighted, state_look

_STATE = "STATE"
FORMATS = ("table", "json", "csv")


class Writer:
    """Prints results on an environment's stdout.

    On a terminal, cells are cut to its width and control characters are escaped; elsewhere nothing is cut.
    """

    def __init__(self, environment: Environment, *, has_pager: bool = False) -> None:
        """`has_pager` sends output that is taller than the terminal through the user's pager."""
        self._environment = environment
        self._stream = environment.stdout
        self._is_terminal = environment.is_terminal(self._stream)
        self._theme = Theme.of(environment, self._stream)
        self._has_pager = has_pager and self._is_terminal and not environment.is_docker_machine

    def write(self, result: Result, format: str = "") -> int:
        """Print the result and return its exit code.

        `format` is for tables: table (also if empty), json or csv. Raises UsageError for others.
        """
        if result is None:
            return 0
        if isinstance(result, Exit):
            return result.code
        if isinstance(result, Stream):
            for piece in result.pieces:
                console.put(self._stream, clean(piece) if self._is_terminal else piece)
            return 0
        self._show(self._text(result, format))
        return result.code

    def _text(self, result: Text | Table | Document, format: str) -> str:
        if isinstance(result, Text):
            return clean(result.text) if self._is_terminal else result.text
        if isinstance(result, Document):
            return self._json(result.content)
        if format in ("", "table"):
            return self._table(result)
        if format == "json":
            return go_json(table.as_documents(result))
        if format == "csv":
            return table.as_csv(result)
        raise UsageError(f"unknown format {format!r}", hint=f"one of {', '.join(FORMATS)}")

    def _table(self, result: Table) -> str:
        if self._is_terminal:
            result = replace(result, rows=[[clean_line(cell) for cell in row] for row in result.rows])
        if self._environment.is_docker_machine:
            return table.render(result)
        columns = console.size(self._environment, self._stream)[0] if self._is_terminal else 0
        return table.render(_with_states(result), self._theme, columns)

    def _json(self, content: Any) -> str:
        text = go_json(content)
        if not self._is_terminal:
            return text
        text = clean_json(text)
        if self._environment.is_docker_machine or not self._environment.uses_color(self._stream):
            return text
        return highlighted(text, "json", self._environment.theme)

    def _show(self, text: str) -> None:
        line_end = "" if text.endswith("\n") and not text.endswith("\n\n") else "\n"
        if self._has_pager and text.count("\n") + 1 >= console.size(self._environment, self._stream)[1]:
            from machsh.output.pager import page

            if page(self._environment, text + line_end):
                return
        console.put(self._stream, text + line_end)


def _with_states(result: Table) -> Table:
    """Colour the STATE column of a table that has no looks of its own."""
    if result.styles or _STATE not in result.columns:
        return result
    place = list(result.columns).index(_STATE)
    looks = [[""] * place + [state_look(row[place])] for row in result.rows]
    return replace(result, styles=looks)
