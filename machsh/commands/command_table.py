"""The one table of commands: parsing, help, completion, colours, docs and safety questions read it."""

from __future__ import annotations

from collections.abc import Iterable

from machsh.commands.command import Command
from machsh.commands.declarations import docker_machine, machsh, shell


def built_in() -> tuple[Command, ...]:
    """Every built-in command: docker-machine's in its order, then ours."""
    return docker_machine.COMMANDS + machsh.COMMANDS + shell.COMMANDS


def find(name: str, commands: Iterable[Command]) -> Command | None:
    """The command of that name or alias, or None."""
    return next((one for one in commands if name == one.name or name in one.aliases), None)
