"""The columns of the screen and of the table: what each one shows, and which of them fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from machsh.humanize import byte_size
from machsh.machine.certificates import RENEW_DAYS
from machsh.monitor.machine_view import RUNNING, ContainerView, MachineView

GAP = 2
LEAST_NAME = 12
NAMES_SHARE = 0.4
"""The share of a narrow screen that long names get before other columns."""
ALERT, WARNING = "error", "warning"
FULL, NEARLY_FULL = 0.95, 0.85


def _nothing(container: ContainerView) -> str:
    return ""


def _no_look(machine: MachineView) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the text of a machine, of a container, and the look of a machine's text."""

    title: str
    width: int
    order: str
    """The sort key, a name in `arrangement.ORDERS`."""
    of_machine: Callable[[MachineView, float], str]
    """Called with the monotonic time."""
    of_container: Callable[[ContainerView], str] = _nothing
    look: Callable[[MachineView], str] = _no_look
    is_right: bool = True
    rank: int = 0
    """On a narrow screen, columns with a high rank are left out first."""


def state_text(view: MachineView, now: float) -> str:
    """Return the state, or for how long a machine has been silent."""
    silent = view.silent_seconds(now)
    if silent is not None:
        return f"silent {short_time(silent)}"
    if view.state == RUNNING and not view.is_answering:
        return "no answer"
    return view.state or "asking"


def short_time(seconds: float) -> str:
    """Return a time in at most four letters: `12s`, `3m`, `2h`, `5d`."""
    for limit, size, unit in ((100, 1, "s"), (6000, 60, "m"), (48 * 3600, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds / size)}{unit}"
    return f"{int(seconds / 86400)}d"


def percent(value: float | None) -> str:
    """Return a percentage of one processor."""
    if value is None:
        return ""
    return f"{value:.1f}%" if value < 99.95 else f"{value:.0f}%"


def memory_text(used: int | None, total: int) -> str:
    """Return the used memory, and the total if it is known."""
    if used is None:
        return ""
    return f"{byte_size(used)}/{byte_size(total)}" if total else byte_size(used)


def _memory(view: MachineView, now: float) -> str:
    return memory_text(view.memory, view.host.memory_total if view.host else 0)


def _share(used: int, total: int) -> float:
    return used / total if total else 0.0


def _full(share: float) -> str:
    return ALERT if share > FULL else WARNING if share > NEARLY_FULL else ""


def _disk_share(view: MachineView) -> float:
    return _share(view.host.disk_used, view.host.disk_total) if view.host else 0.0


def _state_look(view: MachineView) -> str:
    return f"state.{view.state.lower()}" if view.state else ""


def _load_look(view: MachineView) -> str:
    return WARNING if view.host and view.cpus and view.host.load > view.cpus else ""


def _memory_look(view: MachineView) -> str:
    return _full(_share(view.host.memory_used, view.host.memory_total)) if view.host else ""


def _cpu_look(view: MachineView) -> str:
    return _full((view.cpu or 0.0) / 100 / view.cpus) if view.cpus else ""


def _certificate_look(view: MachineView) -> str:
    days = view.certificate_days
    return "" if days is None or days > RENEW_DAYS else ALERT if days < 0 else WARNING


def _disk(view: MachineView, now: float) -> str:
    return f"{_disk_share(view):.0%}" if view.host and view.host.disk_total else ""


def _containers(view: MachineView, now: float) -> str:
    return "" if view.seen is None else f"{view.running}/{len(view.containers)}"


def _load(view: MachineView, now: float) -> str:
    return f"{view.host.load:.2f}" if view.host else ""


def _days(view: MachineView, now: float) -> str:
    return "" if view.certificate_days is None else f"{view.certificate_days}d"


COLUMNS = (
    Column("NAME", LEAST_NAME, "name", lambda one, now: one.name, lambda one: one.short_name, is_right=False),
    Column("STATE", 11, "state", state_text, lambda one: one.state, look=_state_look, is_right=False, rank=1),
    Column(
        "CPU", 6, "cpu", lambda one, now: percent(one.cpu), lambda one: percent(one.cpu), _cpu_look, rank=2
    ),
    Column(
        "MEMORY",
        13,
        "memory",
        _memory,
        lambda one: memory_text(one.memory, one.memory_limit),
        _memory_look,
        rank=4,
    ),
    Column("LOAD", 5, "load", _load, look=_load_look, rank=5),
    Column("DISK", 4, "disk", _disk, look=lambda one: _full(_disk_share(one)), rank=6),
    Column("RUN", 5, "containers", _containers, rank=3),
    Column("CERTS", 5, "certificates", _days, look=_certificate_look, rank=7),
    Column("ENGINE", 9, "engine", lambda one, now: one.engine.partition("+")[0], is_right=False, rank=8),
    Column(
        "CLUSTER",
        14,
        "cluster",
        lambda one, now: f"{one.cluster} {one.role}".strip(),
        is_right=False,
        rank=9,
    ),
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The columns that fit, with the width of the first one."""

    columns: tuple[Column, ...]
    name_width: int

    def width(self, column: Column) -> int:
        """Return a column's width."""
        return self.name_width if column is COLUMNS[0] else column.width


def fit(views: Sequence[MachineView], columns: int, longest_name: int) -> Fitted:
    """Choose the columns for a screen of that width."""
    kept: list[Column] = []
    least = max(LEAST_NAME, min(longest_name, int(columns * NAMES_SHARE)))
    taken = min(least, columns)
    for column in sorted(COLUMNS[1:], key=lambda one: one.rank):
        if taken + GAP + column.width <= columns and _is_filled(column, views):
            kept.append(column)
            taken += GAP + column.width
    name = least + max(0, min(columns - taken, longest_name - least))
    return Fitted((COLUMNS[0], *sorted(kept, key=COLUMNS.index)), min(name, columns))


def _is_filled(column: Column, views: Sequence[MachineView]) -> bool:
    """Whether a column can have values; otherwise it is left out for good, so that columns do not jump."""
    return column.order != "cluster" or any(one.cluster or one.role for one in views)
