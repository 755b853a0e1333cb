"""`contexts`: lists, makes and removes the docker contexts of machines."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from machsh.commands.command import Context
from machsh.errors import UsageError
from machsh.machine.errors import raise_all
from machsh.machine.reach.machine_contexts import ContextState, MachineContexts, SyncResult
from machsh.output.results import Document, Result, Table

COLUMNS = ("MACHINE", "CONTEXT", "RELAY", "ENDPOINT")


def contexts(context: Context) -> Result:
    """List the contexts, or with `sync` bring them up to date. Raises SeveralError if any was refused."""
    from machsh.machine.reach.kept_relay import check_platform

    word, is_removal = "".join(context.words), context.values.flag("remove")
    if word not in ("", "list", "sync"):
        raise UsageError(f"contexts: {word!r} is not known", hint="one of list, sync")
    if is_removal and word != "sync":
        raise UsageError("contexts: --remove belongs to sync", hint="contexts sync --remove")
    check_platform(context.environment.platform)
    found = MachineContexts(context.machines)
    if not context.values.flag("json"):
        _report_damaged(context, found)
    if word == "sync":
        _sync(context, found, is_removal=is_removal)
        return None if not context.values.flag("json") else _document(found.states())
    if context.values.flag("json"):
        return _document(found.states())
    return Table(COLUMNS, [_cells(one) for one in found.states()], told=["ENDPOINT"])


def _document(states: Iterable[ContextState]) -> Document:
    return Document(
        [
            {
                "machine": one.machine,
                "context": one.context,
                "endpoint": one.host,
                "relay": one.is_alive,
                "gone": one.is_orphan,
            }
            for one in states
        ]
    )


def _cells(state: ContextState) -> tuple[str, ...]:
    relay = "machine is gone" if state.is_orphan else "running" if state.is_alive else ""
    return state.machine, state.context, relay, state.host


def _sync(context: Context, found: MachineContexts, *, is_removal: bool) -> None:
    result = found.remove() if is_removal else found.sync()
    if not context.values.flag("json"):  # what is said here goes to standard output, too
        _report(context, result)
        _report_current(context, found, result)
        if not is_removal:
            _report_missing_relays(context, found)
            _report_variable(context)
    raise_all(result.failed)


def _report_damaged(context: Context, found: MachineContexts) -> None:
    """Say which file makes every `docker context ls` fail: machsh itself only leaves that context out."""
    for file in found.damaged():
        folder = shlex.quote(str(file.parent))
        context.progress.warning(
            f"{file} is damaged, and docker lists no context until it is gone: rm -r {folder}"
        )


def _report_current(context: Context, found: MachineContexts, result: SyncResult) -> None:
    for name in filter(found.is_current, result.removed):
        context.progress.warning(
            f'"{name}" is the context that docker uses: choose another one: docker context use default'
        )


def _report(context: Context, result: SyncResult) -> None:
    for words, names in (
        ("Docker contexts written", result.written),
        ("Docker contexts removed", result.removed),
        ("Docker contexts up to date", result.unchanged),
    ):
        if names:
            context.progress.info(f"{words}: {', '.join(names)}")
    if not (result.written or result.removed or result.unchanged or result.failed):
        context.progress.info("No docker context to write or remove.")


def _report_missing_relays(context: Context, found: MachineContexts) -> None:
    """Say which contexts do not work yet: docker's own message would be that it cannot connect."""
    names = [one.machine for one in found.states() if one.context and not one.is_alive]
    if names:
        context.progress.warning(
            f"No relay runs for {', '.join(names)}: their contexts work as soon as one does. "
            f"For now: machsh relay {names[0]}; at each login: machsh relay --install {' '.join(names)}"
        )


def _report_variable(context: Context) -> None:
    host = context.environment.variable("DOCKER_HOST")
    if host and context.session.is_one_shot:
        context.progress.warning(
            f"DOCKER_HOST is set ({host}): docker follows it and not `docker context use`, "
            "but for commands with --context"
        )
