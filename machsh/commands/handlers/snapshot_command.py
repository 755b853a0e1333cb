"""`snapshot`: saves, lists, restores and deletes snapshots of a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.commands.handlers.lifecycle import check_protected
from machsh.errors import RefusedError, UsageError
from machsh.humanize import age
from machsh.machine.naming import stored
from machsh.output.results import Document, Result, Table

if TYPE_CHECKING:
    from machsh.drivers.capability_calls import HostSnapshot

COLUMNS = ("SNAPSHOT", "SAVED", "MEMORY", "CURRENT")


def snapshot(context: Context) -> Result:
    """Save a snapshot, or do what the one option says. Raises UsageError for several at once."""
    name = stored(context.words[0])
    targets.require_machine(name, context)
    given = context.values.given
    wanted = [{"list", "json"} & given, "restore" in given, "delete" in given, len(context.words) > 1]
    if sum(map(bool, wanted)) > 1:
        raise UsageError(
            "snapshot does one thing at a time",
            hint="snapshot NAME [SNAPSHOT], or with one of --list, --restore SNAPSHOT, --delete SNAPSHOT",
        )
    if wanted[0]:
        return _list(context, name)
    if "restore" in given:
        _restore(context, name, context.values.text("restore"))
    elif "delete" in given:
        _delete(context, name, context.values.text("delete"))
    else:
        _save(context, name, "".join(context.words[1:]))
    return None


def _list(context: Context, name: str) -> Table | Document:
    from machsh.machine.snapshots import list_snapshots

    found = list_snapshots(context.machines.get(name))
    if context.values.flag("json"):
        return Document([_as_json(one) for one in found])
    now = context.environment.now()
    return Table(COLUMNS, [_cells(one, now) for one in found])


def _cells(snapshot: HostSnapshot, now: float) -> tuple[str, ...]:
    since = f"{age(now - snapshot.created.timestamp())} ago" if snapshot.created else ""
    return snapshot.name, since, "yes" if snapshot.has_memory else "", "*" if snapshot.is_current else ""


def _as_json(snapshot: HostSnapshot) -> dict[str, object]:
    return {
        "name": snapshot.name,
        "created": snapshot.created.isoformat() if snapshot.created else None,
        "memory": snapshot.has_memory,
        "current": snapshot.is_current,
    }


def _save(context: Context, name: str, snapshot_name: str) -> None:
    saved = context.machines.save_snapshot(name, snapshot_name, seconds=timeouts.timeout_of(context))
    context.conclude(f'Snapshot "{saved}" of "{name}" is saved.')


def _restore(context: Context, name: str, snapshot_name: str) -> None:
    from machsh.machine.snapshots import find_snapshot

    found = find_snapshot(context.machines.get(name), snapshot_name)
    check_protected(context, [name], "restore")
    saved = (
        f", saved {age(context.environment.now() - found.created.timestamp())} ago" if found.created else ""
    )
    context.progress.warning(
        f'This puts "{name}" back to snapshot "{snapshot_name}"{saved}: what happened on it since is lost.'
    )
    _confirm(context)
    context.machines.restore_snapshot(name, snapshot_name, seconds=timeouts.timeout_of(context))
    context.conclude(f'"{name}" is as it was at snapshot "{snapshot_name}".')


def _delete(context: Context, name: str, snapshot_name: str) -> None:
    from machsh.machine.snapshots import find_snapshot

    find_snapshot(context.machines.get(name), snapshot_name)
    context.progress.warning(
        f'This deletes snapshot "{snapshot_name}" of "{name}"; the machine itself stays as it is.'
    )
    _confirm(context)
    context.machines.delete_snapshot(name, snapshot_name, seconds=timeouts.timeout_of(context))
    context.conclude(f'Snapshot "{snapshot_name}" of "{name}" is deleted.')


def _confirm(context: Context) -> None:
    """Ask unless `-y` is given. Raises RefusedError for a no, UsageError when nobody can be asked."""
    if not context.values.flag("y") and not context.ask.confirm("Are you sure?"):
        raise RefusedError("nothing was changed")
