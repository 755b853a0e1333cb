"""`adopt --contexts`: the engines of all docker contexts, side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers.adopt.adopt_report import json_of
from machsh.engine.docker_contexts import DEFAULT, ContextStore, DockerContext
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.machine.adopting.engine_source import EngineSource
from machsh.output.results import Document, Result, Table, Text
from machsh.progress import NullPrompter

if TYPE_CHECKING:
    from collections.abc import Callable

    from machsh.machine.adopting.found_engine import FoundEngine

COLUMNS = ("CONTEXT", "MACHINE", "ENGINE", "RUNNING", "RESULT")
ADOPTED, POSSIBLE, KNOWN = "adopted", "can be adopted", "it is a machine already"


@dataclass(frozen=True, slots=True)
class ContextRow:
    """What became of one docker context."""

    context: str
    machine: str = ""
    """The machine that it is or would be; empty if there is none."""
    found: FoundEngine | None = None
    result: str = ""


def adopt_contexts(
    context: Context, source_of: Callable[[DockerContext], EngineSource], name_of: Callable[[str], str]
) -> Result:
    """Adopt what can be adopted, with one row for each context; the others say why not.

    `source_of` says where a context's engine is, or raises MachshError; `name_of` makes a machine's name of a
    context's. Raises UsageError for further words.
    """
    from machsh.machine.parallel import run_all

    if context.words:
        raise UsageError(
            "--contexts takes no names: each machine has its context's", hint="adopt --context C NAME"
        )
    contexts = ContextStore(context.environment)
    outcomes = run_all([partial(_examine, context, one, source_of, name_of) for one in contexts.read()])
    rows = [
        _skipped(folder, f"its meta/{folder}/meta.json cannot be read") for folder in contexts.unreadable()
    ]
    for outcome in outcomes:
        if outcome.value is None:
            raise outcome.error or AssertionError("no row")
        rows.append(_store(context, outcome.value))
    if context.values.flag("json"):
        return Document([_row_json(row) for row in rows])
    return (
        Table(COLUMNS, [_cells(row) for row in rows], told=["RESULT"])
        if rows
        else Text("docker has no contexts but `default`")
    )


def find_context(context: Context, name: str) -> DockerContext:
    """Return the docker context of this name. Raises MachshError if there is none that can be read."""
    from machsh.suggest import did_you_mean

    contexts = ContextStore(context.environment)
    if name == DEFAULT:
        raise RefusedError(
            "docker's default context is this computer's engine", hint="in machsh it is `local`"
        )
    found = contexts.find(name)
    if found is None and contexts.is_taken(name):
        raise MachshError(
            f'the docker context "{name}" cannot be read', hint=f"docker context inspect {name}"
        )
    if found is None:
        known = [one.name for one in contexts.read()]
        advice = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none'}"
        raise MachshError(f'docker has no context "{name}"', hint=advice)
    return found


def _examine(
    context: Context,
    docker_context: DockerContext,
    source_of: Callable[[DockerContext], EngineSource],
    name_of: Callable[[str], str],
) -> ContextRow:
    from machsh.engine import local_engine

    if docker_context.host == local_engine.endpoint(context.environment).url:
        return _skipped(docker_context.name, "it is this computer's engine, `local`")
    known = context.machines.name_of_engine(docker_context.host)
    if known:
        return _skipped(docker_context.name, KNOWN, known)
    name = name_of(docker_context.name)
    try:
        seconds = timeouts.timeout_of(context)
        found = context.machines.examine_engine(
            source_of(docker_context), name, seconds=seconds, ask=NullPrompter()
        )
        known = context.machines.name_of_engine(found.url)  # an ssh URL may be written in several ways
    except MachshError as error:
        return _skipped(docker_context.name, str(error))
    return (
        _skipped(docker_context.name, KNOWN, known)
        if known
        else ContextRow(docker_context.name, name, found, POSSIBLE)
    )


def _skipped(name: str, reason: str, machine: str = "") -> ContextRow:
    return ContextRow(name, machine, result=f"skipped: {' '.join(reason.split())}")


def _store(context: Context, row: ContextRow) -> ContextRow:
    if row.found is None:
        return row
    known = context.machines.adopted_as(row.found)
    if known and not context.values.flag("again"):
        return _skipped(row.context, KNOWN, known)
    if context.values.flag("dry-run"):
        return row
    try:
        context.machines.adopt(row.found)
    except MachshError as error:
        return _skipped(row.context, str(error))
    return replace(row, result=ADOPTED)


def _cells(row: ContextRow) -> tuple[str, ...]:
    facts = row.found.facts if row.found else None
    engine = f"{facts.product} {facts.version}" if facts else ""
    return row.context, row.machine, engine, str(facts.running) if facts else "", row.result


def _row_json(row: ContextRow) -> dict[str, Any]:
    found = json_of(row.found) if row.found else {"machine": row.machine or None}
    return {"context": row.context, **found, "result": row.result}
