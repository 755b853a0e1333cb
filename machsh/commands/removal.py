"""`rm`: destroy machines."""

from __future__ import annotations

from machsh.commands import naming, protection
from machsh.commands.command import Context
from machsh.commands.preparing import wrong_count
from machsh.errors import MachineNotFoundError, MachshError
from machsh.machine.name import stored


def remove(context: Context) -> None:
    """Ask, then remove the machines one after the other.

    One-shot, `-f` answers the question as docker-machine's does; in a session only `-y` does.
    """
    if not context.words:
        raise wrong_count(context, "Error: Expected to get one or more machine names as arguments")
    names = list(dict.fromkeys(stored(name) for name in context.words))
    for name in names:
        naming.refuse_local(name, context)
    force = context.values.flag("force")
    is_answered = context.values.flag("y") or (force and context.session.is_one_shot)
    protection.check(context, names, "rm")
    if not context.session.is_one_shot and is_answered:
        return _remove(context, names, force)
    if not is_answered and not context.environment.is_docker_machine:
        _refuse_unknown(context, names)
    context.progress.info(f"About to remove {', '.join(names)}")
    context.progress.warning(_warning(context, names))
    if is_answered or _confirmed(context):
        _remove(context, names, force)


def _refuse_unknown(context: Context, names: list[str]) -> None:
    """Raise MachineNotFoundError before anything is asked or removed."""
    store = context.machines.store
    for name in names:
        if not store.exists(name):
            raise MachineNotFoundError(name, program=store.program)


def _remove(context: Context, names: list[str], force: bool) -> None:
    """With `--force` failures are told on stderr as they come, and the command ends well all the same."""
    from machsh.output import failure

    try:
        context.machines.remove(
            *names, force=force, tell_failure=lambda error: failure.note(context.environment, str(error))
        )
    finally:
        context.session.let_go(names)


def _confirmed(context: Context) -> bool:
    try:
        return context.ask.confirm("Are you sure?")
    except MachshError:
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
