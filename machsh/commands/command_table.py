"""The table of built-in commands, which parsing, help, completion, colours, docs and safety questions use."""

from __future__ import annotations

from collections.abc import Iterable

from machsh.commands.command import Command
from machsh.commands.declarations import certificate_commands, docker_machine, machsh, shell


def built_in() -> tuple[Command, ...]:
    """Return all built-in commands: docker-machine's in its order, then machsh's own."""
    return docker_machine.COMMANDS + machsh.COMMANDS + certificate_commands.COMMANDS + shell.COMMANDS


def find(name: str, commands: Iterable[Command]) -> Command | None:
    """Return the command with that name or alias, or None."""
    return next((one for one in commands if name == one.name or name in one.aliases), None)
