"""Resolves the machine names of a command, with its default, and returns the command line for hints."""

from __future__ import annotations

from collections.abc import Sequence

from machsh.commands.command import Context
from machsh.commands.version import typed_line
from machsh.errors import MachineNotFoundError, MachshError, UsageError
from machsh.machine.naming import DEFAULT, LOCAL, stored
from machsh.machine.selection import CLUSTER, expand
from machsh.output import messages
from machsh.suggest import did_you_mean

MANAGER = '"{}" is the manager of the cluster "{}" that answers'
ONE_NAME = "Error: Expected one machine name as an argument"


class NoTargetError(UsageError):
    """No machine is named, none is active, and none is called `default`."""


def target(context: Context, *, at_most_one: bool = True) -> str:
    """Return the machine of a command that takes one name. Raises UsageError as `default_target` does.

    With `at_most_one`, more than one name is a UsageError too; otherwise further names are ignored.
    """
    if at_most_one and len(context.words) > 1:
        raise UsageError(ONE_NAME, hint=f"give one name, for example: {context.command.name} NAME")
    return stored(context.words[0]) if context.words else default_target(context)


def targets(context: Context) -> list[str]:
    """Return the machines of a command that takes any number of names; without names, the default target.

    Raises UsageError as `default_target` does, and without names while a cluster is in use.
    """
    return named(context) or [only_target(context)]


def named(context: Context) -> list[str]:
    """Return the machines that a command's words name; a word may be a selection such as `@web*,-web-3`.

    Called as docker-machine, all words are names. Raises UsageError for a selection of no machine.
    """
    if context.environment.is_docker_machine:
        return [stored(name) for name in context.words]
    return expand(context.words, context.machines)


def existing(context: Context) -> list[str]:
    """Return `named`. Raises MachineNotFoundError for a name that no machine has: nothing is done then."""
    names, store = named(context), context.machines.store
    for name in names:
        if name != LOCAL and not store.exists(name):
            raise MachineNotFoundError(name, hint=did_you_mean(name, context.machines.names()))
    return names


def managed(context: Context) -> list[str]:
    """Return `targets` for an operation that needs a driver. Raises MachshError if `local` is among them."""
    names = targets(context)
    for name in names:
        require_machine(name, context)
    return names


def only_target(context: Context) -> str:
    """Return `default_target`. Raises UsageError in a cluster: its user does not mean one manager of it."""
    place = context.session.place
    if place.startswith(CLUSTER) and not context.session.is_one_shot:
        raise UsageError(
            f"{context.command.name} takes machines, and a cluster is in use",
            hint=f"name one, such as {context.session.active}, the manager; @{place} names all of them",
        )
    return default_target(context)


def target_or_manager(context: Context) -> str:
    """Return `target`; if a cluster is named, or is in use and nothing is named, the manager that answers.

    Which one that is, is said on stderr. Raises what `target` raises, or NoManagerError.
    """
    word = context.words[0] if context.words else context.session.place
    is_machine = word == LOCAL or context.machines.store.exists(stored(word))
    if context.environment.is_docker_machine or is_machine:
        return target(context)
    from machsh.cluster.members import clusters, manager_of

    cluster = word.removeprefix(CLUSTER)
    if cluster not in clusters(context.machines):
        return target(context)
    with manager_of(context.machines, cluster) as api:
        name = api.machine.name
    messages.note(context.environment, MANAGER.format(name, cluster), "hint")
    return name


def default_target(context: Context) -> str:
    """Return the machine of a command without a name: the session's active one, else `default`.

    Raises UsageError if there is neither.
    """
    session = context.session
    if not session.is_one_shot and session.active not in ("", LOCAL):
        return session.active
    if context.machines.store.exists(DEFAULT):
        return DEFAULT
    raise NoTargetError(
        'Error: No machine name(s) specified and no "default" machine exists',
        hint=f"name one: {context.command.name} NAME; ls lists them",
        code=1,
    )


def require_machine(name: str, context: Context) -> None:
    """Raise MachshError if `name` is `local`: the engine of this computer has no driver."""
    if name == LOCAL and not context.machines.store.exists(LOCAL):
        raise MachshError(
            f'"{LOCAL}" is the engine of this computer: {context.command.name} is for machines',
            hint="name a machine of yours; ls lists them",
        )


def typed(context: Context, words: Sequence[str] = ()) -> str:
    """Return the command line as typed, for hints that repeat it; in a session it is rebuilt from `words`."""
    if context.session.is_one_shot:
        return typed_line(context.environment)
    return " ".join(("machsh", context.command.name, *words))
