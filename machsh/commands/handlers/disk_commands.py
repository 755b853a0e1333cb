"""`df` and `prune`: what engines hold on their disks, and what they do not need of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers.targets import existing
from machsh.errors import ExitCode, MachshError, RefusedError, UsageError
from machsh.humanize import byte_size
from machsh.output.results import Document, Result, Table, Text
from machsh.output.waiting import waiting

if TYPE_CHECKING:
    from machsh.machine.parallel import TaskResult
    from machsh.watching.disk_usage import DiskUsage
    from machsh.watching.pruning import Scope, Waste

SECONDS = 60.0
TOTAL = "all"
_WORDS = (
    ("containers", "stopped container"),
    ("networks", "unused network"),
    ("images", "unused image"),
    ("volumes", "unused volume"),
    ("cache", "build cache entry"),
)


def df(context: Context) -> Result:
    """Show the disk usage of machines and their sum; the exit code is 1 if one does not answer."""
    from machsh.watching.disk_usage import KINDS, DiskUsage, disk_usage
    from machsh.watching.engines import on_each

    names = existing(context) or _by_default(context)
    with waiting(context.environment, _asking(names)):
        outcomes = on_each(context.machines, names, disk_usage, timeouts.timeout_of(context, SECONDS))
    found = {name: one.value for name, one in outcomes.items() if one.value is not None}
    code = ExitCode.OK if len(found) == len(names) else ExitCode.FAILED
    total = sum(found.values(), DiskUsage())
    if context.values.flag("json"):
        return Document([_as_json(name, one) for name, one in outcomes.items()], code)
    _report(context, outcomes)
    columns = ("MACHINE", *(kind.upper() for kind in KINDS), "TOTAL", "RECLAIMABLE")
    rows = [_cells(name, one) for name, one in found.items()]
    if len(found) > 1:
        rows.append(_cells(TOTAL, total))
    return Table(columns, rows, code=code)


def _by_default(context: Context) -> list[str]:
    """Return the machine that the line is for (`@web df`), else all."""
    session = context.session
    if not session.is_one_shot and session.active:
        return [session.active]
    names = context.machines.names()
    if not names:
        raise UsageError("there are no machines", hint="create makes one")
    return names


def _cells(name: str, usage: DiskUsage) -> tuple[str, ...]:
    sizes = [f"{byte_size(one.size)} ({one.count})" for one in usage.by_kind.values()]
    return name, *sizes, byte_size(usage.total.size), byte_size(usage.total.reclaimable)


def _as_json(name: str, outcome: TaskResult[DiskUsage]) -> dict[str, object]:
    if outcome.value is None:
        return {"machine": name, "error": str(outcome.error or "no answer")}
    kinds = {
        kind.replace("build cache", "buildCache"): {
            "count": one.count,
            "active": one.active,
            "size": one.size,
            "reclaimable": one.reclaimable,
        }
        for kind, one in outcome.value.by_kind.items()
    }
    total = outcome.value.total
    return {"machine": name, **kinds, "size": total.size, "reclaimable": total.reclaimable}


def prune(context: Context) -> Result:
    """Say what goes on each machine, ask once, and remove it. Raises RefusedError if the answer is no."""
    from machsh.watching.engines import on_each
    from machsh.watching.pruning import Waste, find_waste
    from machsh.watching.pruning import prune as prune_engine

    scope = _scope(context)
    names, seconds = existing(context), timeouts.timeout_of(context, SECONDS)
    with waiting(context.environment, _asking(names)):
        outcomes = on_each(context.machines, names, lambda one: find_waste(one, scope), seconds)
    _report(context, outcomes)
    found = {name: one.value for name, one in outcomes.items() if one.value is not None}
    code = ExitCode.OK if len(found) == len(names) else ExitCode.FAILED
    wasteful = [name for name, one in found.items() if not one.is_empty]
    if not wasteful:
        return Text(_nothing(scope), code)
    for name in wasteful:
        context.progress.warning(f"{name}: {_in_words(found[name])}")
    _confirm(context, sum(found.values(), Waste()), len(wasteful))
    with waiting(context.environment, f"Removing it on {_engines(wasteful)}..."):
        done = on_each(context.machines, wasteful, lambda one: prune_engine(one, scope), seconds)
    _report(context, done)
    removed = {name: one.value for name, one in done.items() if one.value is not None}
    if len(removed) < len(wasteful):
        code = ExitCode.FAILED
    return _removed(removed, code)


def _engines(names: Sequence[str]) -> str:
    return f"{len(names)} engines" if len(names) > 1 else names[0]


def _asking(names: Sequence[str]) -> str:
    return f"Asking {_engines(names)}..."


def _nothing(scope: Scope) -> str:
    """Return what is said when nothing goes, and what would go with more consent."""
    more = [] if scope.all else ["unused images with names go with -a"]
    more += [] if scope.volumes else ["volumes with --volumes"]
    return "There is nothing to remove" + (f" ({', '.join(more)})." if more else ".")


def _scope(context: Context) -> Scope:
    from machsh.watching.prune_filter import prune_filter
    from machsh.watching.pruning import Scope

    only, volumes = prune_filter(context.values.texts("filter")), context.values.flag("volumes")
    if only.until and volumes:
        raise UsageError(
            "--filter until does not go with --volumes: engines do not say when a volume was used",
            hint="prune volumes by themselves, or by label",
        )
    return Scope(context.values.flag("all"), volumes, only)


def _confirm(context: Context, waste: Waste, count: int) -> None:
    machines = f"{count} machine{'s' if count > 1 else ''}"
    context.progress.warning(f"On {machines} this removes {_in_words(waste)}.")
    if not context.values.flag("y") and not context.ask.confirm("Are you sure?"):
        raise RefusedError("nothing was removed")


def _in_words(waste: Waste) -> str:
    """Return counts and size: `2 stopped containers, 1 unused image: 120MB`."""
    parts = []
    for field, word in _WORDS:
        if count := getattr(waste, field):
            plural = word.replace("entry", "entries") if word.endswith("entry") else f"{word}s"
            parts.append(f"{count} {word if count == 1 else plural}")
    return f"{', '.join(parts)}: {byte_size(waste.size)}"


def _removed(removed: Mapping[str, Waste], code: int) -> Table:
    from machsh.watching.pruning import Waste

    rows = [_removed_cells(name, one) for name, one in removed.items()]
    if len(removed) > 1:
        rows.append(_removed_cells(TOTAL, sum(removed.values(), Waste())))
    columns = ("MACHINE", *(field.upper() for field, _ in _WORDS), "RECLAIMED")
    return Table(columns, rows, code=code)


def _removed_cells(name: str, waste: Waste) -> tuple[str, ...]:
    return name, *(str(getattr(waste, field)) for field, _ in _WORDS), byte_size(waste.size)


def _report(context: Context, outcomes: Mapping[str, TaskResult[DiskUsage] | TaskResult[Waste]]) -> None:
    """Say which machines failed, and why."""
    from machsh.output.messages import report_error

    for name, outcome in outcomes.items():
        if outcome.error is not None:
            hint = outcome.error.hint if isinstance(outcome.error, MachshError) else ""
            report_error(context.environment, MachshError(f"{name}: {outcome.error}", hint=hint))
