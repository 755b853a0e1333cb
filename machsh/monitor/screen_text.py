"""Draws the whole screen as lines of styled text; pure, so that tests can read what users see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from machsh.monitor.arrangement import Arrangement, Line
from machsh.monitor.columns import GAP, Column, Fitted, fit
from machsh.monitor.machine_view import RUNNING, MachineView
from machsh.output.console import cut
from machsh.output.terminal_text import clean_line
from machsh.widths import width

Fragment = tuple[str, str]
"""A style and a text."""
AROUND = 3
"""Lines around the machines: title, headings and keys."""
INDENT = 2
KEYS = (
    ("?", "keys"),
    ("q", "quit"),
    ("Enter", "containers"),
    ("/", "filter"),
    ("< >", "sort"),
    ("l", "logs"),
    ("s", "shell"),
    ("u", "use"),
)
HELP = (
    ("Up Down PgUp PgDn", "move; also k and j"),
    ("Home End", "first, last; also g and G"),
    ("Enter Space", "show or hide the containers"),
    ("*", "show or hide all containers"),
    ("/", "filter by machine, state, container or image"),
    ("Esc", "remove the filter"),
    ("< >", "sort by the column before, after"),
    ("N P M L D", "by name, CPU, memory, load, disk"),
    ("C", "by running containers"),
    ("R", "reverse the order"),
    ("l", "logs: of the container, of the engine"),
    ("s", "shell: in the container, on the machine"),
    ("u", "use this machine"),
    ("Ctrl-L", "draw anew"),
    ("q Ctrl-C Ctrl-D", "quit"),
)
"""Keys and what they do, for the page that `?` shows."""


@dataclass(slots=True)
class ScreenState:
    """What the screen shows beside the machines."""

    arrangement: Arrangement = field(default_factory=Arrangement)
    is_filtering: bool = False
    """Whether keys go to the filter."""
    shows_help: bool = False
    top: int = 0
    """The first line that is shown."""
    is_ascii: bool = False
    """Whether the terminal's encoding has no arrows."""

    def visible(self, lines: Sequence[Line], rows: int) -> Sequence[Line]:
        """Return the lines that fit on so many rows, so that the selected one is among them."""
        space, place = max(1, rows - AROUND), self.arrangement.place
        self.top = max(place - space + 1, min(self.top, place), 0)
        self.top = min(self.top, max(0, len(lines) - space))
        return lines[self.top : self.top + space]


def draw(
    state: ScreenState,
    views: Sequence[MachineView],
    lines: Sequence[Line],
    now: float,
    size: tuple[int, int],
) -> list[list[Fragment]]:
    """Return the screen's lines for a size in columns and rows. `now` is monotonic.

    `lines` are what the arrangement made of `views`.
    """
    columns, rows = size
    longest = max((width(clean_line(_name_of(line))) + _indent(line) for line in lines), default=0)
    fitted = fit(views, columns, longest)
    body = _help(rows - 2) if state.shows_help else [_heading(state, fitted)]
    if not state.shows_help:
        shown = state.visible(lines, rows)
        body += [_row(state, line, fitted, now, columns) for line in shown]
        if not lines:
            body.append([("class:dim", _nothing(state, views))])
    body += [[("", "")]] * (rows - 2 - len(body))
    drawn = [_title(state, views, now), *body[: max(0, rows - 2)], _bottom(state, columns)]
    return [_fitted_line(line, columns) for line in drawn[:rows]]


def _nothing(state: ScreenState, views: Sequence[MachineView]) -> str:
    if views:
        return f"nothing contains {state.arrangement.words}: Esc removes the filter"
    return "no machines; create makes one"


def _title(state: ScreenState, views: Sequence[MachineView], now: float) -> list[Fragment]:
    silent = sum(one.is_silent(now) for one in views)
    running = sum(one.state == RUNNING for one in views) - silent
    containers = sum(one.running for one in views)
    fragments = [
        ("class:title", f"{len(views)} machine{'s' * (len(views) != 1)}: {running} running"),
        ("", f", {containers} container{'s' * (containers != 1)}"),
    ]
    if silent:
        fragments.insert(1, ("class:warning", f", {silent} silent"))
    chosen = state.arrangement
    fragments.append(("class:dim", f"   by {chosen.order}{' reversed' * chosen.is_reversed}"))
    if chosen.words and not state.is_filtering:
        fragments.append(("class:warning", f"   filter: {chosen.words}"))
    return fragments


def _heading(state: ScreenState, fitted: Fitted) -> list[Fragment]:
    fragments = []
    down, up = ("v", "^") if state.is_ascii else ("▼", "▲")
    for column in fitted.columns:
        title = column.title
        if column.order == state.arrangement.order:
            mark = down if state.arrangement.has_largest_first else up
            title = f"{title}{mark}" if len(title) < fitted.width(column) else f"{title[:-1]}{mark}"
        fragments.append(("class:heading", _cell(title, column, fitted)))
    return fragments


def _row(state: ScreenState, line: Line, fitted: Fitted, now: float, columns: int) -> list[Fragment]:
    if line.note:
        fragments: list[Fragment] = [("class:error", f"{' ' * INDENT * 2}{clean_line(line.note)}")]
    elif line.container is not None:
        fragments = _container_row(line, fitted)
    else:
        fragments = _machine_row(state, line.machine, fitted, now)
    if line.key != state.arrangement.selected:
        return fragments
    text = "".join(text for _, text in _fitted_line(fragments, columns))
    return [("class:selected", text + " " * (columns - width(text)))]


def _machine_row(state: ScreenState, view: MachineView, fitted: Fitted, now: float) -> list[Fragment]:
    name, *others = fitted.columns
    is_open = view.name in state.arrangement.expanded
    mark = (("+", "-") if state.is_ascii else ("▸", "▾"))[is_open] if view.containers or view.error else " "
    is_silent = view.is_silent(now)
    every = "class:silent" if is_silent or view.state != RUNNING else ""
    fragments = [(every or "class:machine", _cell(f"{mark} {view.name}", name, fitted))]
    for column in others:
        look = column.look(view)
        style = every if is_silent or not look else f"class:{look}"
        fragments.append((style, _cell(column.of_machine(view, now), column, fitted)))
    return fragments


def _container_row(line: Line, fitted: Fitted) -> list[Fragment]:
    """Return a container's line: image and status replace the columns that only machines have."""
    assert line.container is not None
    container, cells = line.container, []
    style = "" if container.is_running and line.machine.is_answering else "class:silent"
    for column in fitted.columns:
        if column.order in ("load", "disk", "containers"):
            break
        indent = " " * INDENT * 2 if column is fitted.columns[0] else ""
        cells.append((style, _cell(f"{indent}{column.of_container(container)}", column, fitted)))
    return [
        *cells,
        (style or "class:dim", clean_line(f"{' ' * GAP}{container.short_image}  {container.status}")),
    ]


def _cell(text: str, column: Column, fitted: Fitted) -> str:
    """Return a text as wide as its column, with the gap before it."""
    wide = fitted.width(column)
    text = cut(clean_line(text), wide)
    blanks = " " * (wide - width(text))
    gap = "" if column is fitted.columns[0] else " " * GAP
    return f"{gap}{blanks}{text}" if column.is_right else f"{gap}{text}{blanks}"


def _bottom(state: ScreenState, columns: int) -> list[Fragment]:
    if state.is_filtering:
        return [
            ("class:key", "/"),
            ("", f"{state.arrangement.words}_   "),
            ("class:dim", "Enter keeps, Esc removes"),
        ]
    if state.shows_help:
        return [("class:dim", "any key goes back")]
    fragments: list[Fragment] = []
    taken = 0
    for key, what in KEYS:
        taken += len(key) + len(what) + 1 + GAP
        if taken > columns + GAP:
            break
        fragments += [("class:key", key), ("", f" {what}{' ' * GAP}")]
    return fragments


def _help(rows: int) -> list[list[Fragment]]:
    wide = max(len(keys) for keys, _ in HELP)
    return [[("class:key", keys.ljust(wide)), ("", f"  {what}")] for keys, what in HELP][:rows]


def _fitted_line(line: list[Fragment], columns: int) -> list[Fragment]:
    """Cut a line at the screen's edge."""
    fitted: list[Fragment] = []
    left = columns
    for style, text in line:
        if left <= 0:
            break
        part = cut(text, left)
        fitted.append((style, part))
        left -= width(part)
    return fitted


def _name_of(line: Line) -> str:
    return "" if line.note else line.container.short_name if line.container else line.machine.name


def _indent(line: Line) -> int:
    return INDENT * 2 if line.container else INDENT
