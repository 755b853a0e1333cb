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
    from machsh.drivers.driver import HostSnapshot

COLUMNS = ("SNAPSHOT", "SAVED", "MEMORY", "CURRENT")


def snapshot(context: Context) -> Result:
    """Save a snapshot, or do what the one option says. Raises UsageError for several at once."""
    name = stored(context.words[0])
    targets.require_machine(name, context)
    values = context.values
    restored, deleted, is_list = values.text("restore"), values.text("delete"), values.flag("list")
    wanted = [bool(restored), bool(deleted), is_list or values.flag("json"), len(context.words) > 1]
    if sum(wanted) > 1 or {"restore", "delete"} & values.given and not (restored or deleted):
        raise UsageError(
            "snapshot does one thing at a time",
            hint="snapshot NAME [SNAPSHOT], or with one of --list, --restore SNAPSHOT, --delete SNAPSHOT",
        )
    if is_list or values.flag("json"):
        return _list(context, name)
    seconds = timeouts.timeout_of(context)
    if restored:
        return _restore(context, name, restored, seconds)
    if deleted:
        return _delete(context, name, deleted, seconds)
    saved = context.machines.save_snapshot(name, "".join(context.words[1:]), seconds=seconds)
    context.progress.info(f'Snapshot "{saved}" of "{name}" is saved.')
    return None


def _list(context: Context, name: str) -> Table | Document:
    from machsh.machine.snapshots import list_snapshots

    found = list_snapshots(context.machines.get(name))
    if context.values.flag("json"):
        return Document([_as_json(one) for one in found])
    now = context.environment.now()
    return Table(COLUMNS, [_cells(one, now) for one in found])


def _cells(one: HostSnapshot, now: float) -> tuple[str, ...]:
    since = f"{age(now - one.created.timestamp())} ago" if one.created else ""
    return one.name, since, "yes" if one.has_memory else "", "*" if one.is_current else ""


def _as_json(one: HostSnapshot) -> dict[str, object]:
    return {
        "name": one.name,
        "created": one.created.isoformat() if one.created else None,
        "memory": one.has_memory,
        "current": one.is_current,
    }


def _restore(context: Context, name: str, snapshot_name: str, seconds: float) -> None:
    from machsh.machine.snapshots import find

    found = find(context.machines.get(name), snapshot_name)
    check_protected(context, [name], "restore")
    saved = f", saved {age(context.environment.now() - found.created.timestamp())} ago" if found.created else ""
    context.progress.warning(
        f'This puts "{name}" back to snapshot "{snapshot_name}"{saved}: what happened on it since is lost.'
    )
    _confirm(context, f"machsh snapshot -y {name} --restore {snapshot_name}")
    context.machines.restore_snapshot(name, snapshot_name, seconds=seconds)
    context.progress.info(f'"{name}" is as it was at snapshot "{snapshot_name}".')


def _delete(context: Context, name: str, snapshot_name: str, seconds: float) -> None:
    from machsh.machine.snapshots import find

    find(context.machines.get(name), snapshot_name)
    context.progress.warning(
        f'This deletes snapshot "{snapshot_name}" of "{name}"; the machine itself stays as it is.'
    )
    _confirm(context, f"machsh snapshot -y {name} --delete {snapshot_name}")
    context.machines.delete_snapshot(name, snapshot_name, seconds=seconds)
    context.progress.info(f'Snapshot "{snapshot_name}" of "{name}" is deleted.')


def _confirm(context: Context, without_question: str) -> None:
    """Ask. Raises RefusedError for a no, or when nobody can be asked."""
    if context.values.flag("y"):
        return
    if not context.environment.is_interactive:
        raise RefusedError("nobody can be asked; nothing was changed", hint=without_question)
    if not context.ask.confirm("Are you sure?"):
        raise RefusedError("nothing was changed")
