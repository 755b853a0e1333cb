"""`ls` and `active`: query all machines in parallel."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers.ls.ls_filters import Filters
from machsh.commands.handlers.targets import MANAGER
from machsh.errors import MachshError, UsageError
from machsh.machine.selection import CLUSTER
from machsh.output import messages
from machsh.output.results import Document, Result, Stream, Table, Text

if TYPE_CHECKING:
    from pathlib import Path

    from machsh.machine.status import MachineStatus

COLUMNS = ("NAME", "ACTIVE", "DRIVER", "STATE", "URL", "SWARM", "DOCKER", "ERRORS")


def ls(context: Context) -> Result:
    """List the machines as a table, names, JSON, CSV or through a template. Raises UsageError."""
    filters = Filters(context.values.texts("filter"))
    seconds = timeouts.timeout_of(context, default=context.environment.survey_seconds)
    if context.values.flag("quiet"):
        names = _quiet(context, filters, seconds)
        return Text("\n".join(names)) if names else None
    from machsh.commands.handlers.ls.ls_names import candidates

    asked = candidates(context.machines, filters)
    rows = [row for row in context.machines.survey(asked, seconds) if filters.match(row)]
    return _shown(context, rows, context.values.text("format"))


def _shown(context: Context, rows: list[MachineStatus], template: str) -> Result:
    # docker-machine has no format names: there `json` is a template that prints `json`.
    word = template if not context.environment.is_docker_machine else ""
    if not template or word == "table":
        cells, looks = [_cells(context, row) for row in rows], [_looks(row) for row in rows]
        return Table(COLUMNS, cells, looks, told=["ERRORS"])
    from machsh.commands.handlers.ls import ls_rows

    items = [ls_rows.item(row, *activity(context, row)) for row in rows]
    if word == "json":
        return Document([ls_rows.as_json(one) for one in items])
    if word == "csv":
        return Text(ls_rows.as_csv(items))
    from machsh.commands.handlers.templates import render_items

    return Stream(render_items(template, items, context.environment))


def _cells(context: Context, row: MachineStatus) -> tuple[str, ...]:
    from machsh.commands.handlers.ls.ls_rows import active_mark

    mark = active_mark(row, *activity(context, row))
    return (
        row.name,
        mark,
        row.driver_name,
        row.state.value,
        row.url,
        row.swarm,
        row.docker_version,
        row.error or _expiry(context, row),
    )


def _expiry(context: Context, row: MachineStatus) -> str:
    """Return a warning of certificates that end soon; docker-machine has none."""
    if context.environment.is_docker_machine or not row.is_loaded:
        return ""
    from machsh.machine.renewal.expiry_warning import expiry_warning

    with suppress(MachshError):  # removed meanwhile
        return expiry_warning(context.machines.get(row.name), context.environment.now())
    return ""


def _looks(row: MachineStatus) -> tuple[str, ...]:
    state = f"state.{row.state.value.lower()}"
    return ("machine", "", "dim", state, "", "", "", "error" if row.error else "")


def activity(context: Context, row: MachineStatus) -> tuple[bool, bool]:
    """Return whether docker uses this machine, and whether it uses its classic swarm port.

    In a session, docker uses the active machine; in a one-shot, the one that `DOCKER_HOST` points at.
    """
    if not context.session.is_one_shot:
        return row.name == context.session.active, False
    from machsh.drivers.driver import State

    host = context.environment.variable("DOCKER_HOST")
    is_up = bool(host) and row.state is State.RUNNING
    is_kept = is_up and row.url.startswith("ssh://") and host == f"unix://{_kept_socket(context, row.name)}"
    return is_kept or (is_up and row.url == host), is_up and row.swarm_url == host


def _kept_socket(context: Context, name: str) -> Path:
    from machsh.machine.reach.kept_socket import socket_path

    return socket_path(context.environment, context.machines.store.folder, name)


def _quiet(context: Context, filters: Filters, seconds: float) -> list[str]:
    """Return the names in the store's order, without broken records. Contacts no engine."""
    from machsh.commands.handlers.ls.ls_names import names

    return names(context.machines, filters, seconds)


def active(context: Context) -> Text:
    """Return the name of the machine that docker uses. Raises MachshError if there is none."""
    if context.words:
        raise UsageError("Error: Too many arguments given", hint="active takes no name; use switches")
    if not context.session.is_one_shot:
        session = context.session
        if session.active:
            if session.place.startswith(CLUSTER):
                cluster = session.place.removeprefix(CLUSTER)
                messages.note(context.environment, MANAGER.format(session.active, cluster), "hint")
            return Text(session.active)
        raise _nobody()
    if not context.environment.variable("DOCKER_HOST"):
        raise _nobody()
    seconds = timeouts.timeout_of(context, default=context.environment.survey_seconds)
    rows = context.machines.survey(seconds=seconds)
    for row in rows:
        if any(activity(context, row)):
            return Text(row.name)
    if any(row.is_late for row in rows):
        raise MachshError("Error getting active host: timeout", hint="give them more time: active -t 60")
    raise _nobody()


def _nobody() -> MachshError:
    return MachshError("No active host found", hint="machsh env NAME prints what makes one active")
