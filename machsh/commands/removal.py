"""`rm`: destroy machines."""

from __future__ import annotations

from machsh.commands import naming, protection
from machsh.commands.command import Context
from machsh.commands.preparing import wrong_count
from machsh.errors import MachshError, UsageError
from machsh.output.results import Exit


def remove(context: Context) -> Exit | None:
    """Ask, then remove the machines one after the other.

    One-shot, `-f` answers the question as docker-machine's does; in a session only `-y` does.
    """
    if not context.words:
        raise wrong_count(context, "Error: Expected to get one or more machine names as arguments")
    names = list(dict.fromkeys(naming.stored(name) for name in context.words))
    for name in names:
        naming.refuse_local(name, context)
    force = context.values.flag("force")
    is_answered = context.values.flag("y") or (force and context.session.is_one_shot)
    protection.check(context, names, "rm")
    if not is_answered and not _confirmed(context, names):
        return None
    context.machines.remove(*names, force=force)
    return None


def _confirmed(context: Context, names: list[str]) -> bool:
    question = f"About to remove {', '.join(names)}\n{_warning(context, names)}\nAre you sure?"
    try:
        return context.ask.confirm(question)
    except UsageError:
        if context.environment.is_docker_machine:
            return False  # it takes a missing answer for a no, and ends well
        raise


def _warning(context: Context, names: list[str]) -> str:
    if context.environment.is_docker_machine:
        return "WARNING: This action will delete both local reference and remote instance."
    lost = []
    for name in names:
        try:
            lost.append(f"{name}: {context.machines.get(name).driver.loses}")
        except MachshError:
            lost.append(f"{name}: what the store knows of it")
    return "This destroys " + "; ".join(lost) + "."
