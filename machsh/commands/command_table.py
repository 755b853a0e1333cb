"""The table of built-in commands, which parsing, help, completion, colours, docs and safety questions use."""

from __future__ import annotations

from collections.abc import Iterable

from machsh.commands.command import Command
from machsh.commands.declarations import (
    alterations,
    archives,
    certificate_commands,
    cluster_verbs,
    docker_machine,
    fleet_watching,
    image_commands,
    machsh,
    orphans,
    reach,
    running_engines,
    shell,
)

_OURS = (
    machsh,
    alterations,
    archives,
    certificate_commands,
    cluster_verbs,
    fleet_watching,
    image_commands,
    orphans,
    reach,
    running_engines,
    shell,
)


def built_in() -> tuple[Command, ...]:
    """Return all built-in commands: docker-machine's in its order, then machsh's own."""
    own = (command for module in _OURS for command in module.COMMANDS)
    return (*docker_machine.COMMANDS, *own)


def find(name: str, commands: Iterable[Command]) -> Command | None:
    """Return the command with that name or alias, or None."""
    return next((one for one in commands if name == one.name or name in one.aliases), None)
