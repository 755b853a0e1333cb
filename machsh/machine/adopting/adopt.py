"""Examines an engine, and stores it as a machine: at once, or not at all."""

from __future__ import annotations

from pathlib import Path

from machsh.deadline import Deadline
from machsh.errors import MachineExistsError, MachshError
from machsh.files import write_atomically
from machsh.machine.adopting.engine_source import SSH, EngineSource
from machsh.machine.adopting.found_engine import FoundEngine
from machsh.machine.context import MachineContext
from machsh.machine.naming import check_name

SECONDS = 20.0
"""Default time limit for everything that is asked of one engine."""


def examine(source: EngineSource, name: str, context: MachineContext) -> FoundEngine:
    """Query the engine, and return the machine that it would become; nothing is stored or changed.

    Raises MachineExistsError or RefusedError for the name, MachshError for an engine that cannot be adopted.
    """
    check_free(name, context)
    deadline = Deadline.after(context.seconds or SECONDS)
    if source.url.startswith(SSH):
        from machsh.machine.adopting import over_ssh

        return over_ssh.examine(source, name, context, deadline)
    from machsh.machine.adopting import by_url

    return by_url.examine(source, name, context, deadline)


def check_free(name: str, context: MachineContext) -> None:
    """Raise RefusedError if no machine can have this name, MachineExistsError if one has it."""
    check_name(name, prefix="")
    if context.store.exists(name):
        raise MachineExistsError(name)


def store(found: FoundEngine, context: MachineContext) -> None:
    """Store the machine with its files; its folder appears in one rename.

    Raises MachineExistsError if the name was taken meanwhile, MachshError if it cannot be written.
    """
    with context.store.preparing(found.name) as prepared:
        for name, content in found.files.items():
            write_atomically(prepared / name, content)
        _create(found, prepared, context.store.machine_folder(found.name))
        context.store.publish(prepared, found.record)


def _create(found: FoundEngine, prepared: Path, folder: Path) -> None:
    """Let the driver, whose host exists already, put the user's key into the prepared folder."""
    driver, record, kept = found.driver, found.record, found.driver.record
    driver.context.folder = prepared
    try:
        driver.create()
    finally:
        driver.context.folder = folder
    if kept.ssh_key_path:
        kept.ssh_key_path = str(folder / Path(kept.ssh_key_path).name)
    record.driver, record.machsh.engine_id = kept.to_json(), found.facts.identity


def known_as(found: FoundEngine, context: MachineContext) -> str:
    """Return the name of a machine with this engine, however it is reached; "" if there is none."""
    for name in context.store.names():
        try:
            if found.facts.identity and context.store.load(name).machsh.engine_id == found.facts.identity:
                return name
        except MachshError:
            continue
    return ""


def same_engine(url: str, context: MachineContext) -> str:
    """Return the name of a machine that reaches its engine by this URL already; "" if there is none."""
    from machsh.machine.machine import Machine

    for name in context.store.names():
        try:
            if Machine(context.store.load(name), context).known_url() == url:
                return name
        except MachshError:
            continue
    return ""
