"""Decides what the words of a command mean: a command of machsh, words for docker, or a local program."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.commands import command_table
from machsh.commands.command import Command
from machsh.environment import Environment
from machsh.errors import UsageError

if TYPE_CHECKING:
    from machsh.session.session import Session

DOCKER = "docker"
OURS = ("machine", "docker-machine", "machsh")
"""Prefixes that mark a command as machsh's own, so that pasted lines work."""
_EXE = ".exe"


@dataclass(frozen=True, slots=True)
class OurCommand:
    """A machsh command and its arguments."""

    command: Command
    words: tuple[str, ...]
    is_bare: bool = True
    """Whether it has no prefix (`machine rm`), so that its arguments could be names of containers."""


@dataclass(frozen=True, slots=True)
class DockerCommand:
    """Arguments for docker on the active machine."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalProgram:
    """A program on this computer."""

    argv: tuple[str, ...]


Action = OurCommand | DockerCommand | LocalProgram


class UnknownCommandError(UsageError):
    """The first word is not a command."""


def resolve(words: Sequence[str], session: Session, *, is_piped: bool = False) -> Action:
    """Find the action for a line: built-in commands first, then docker's, then plugins'.

    After a pipe (`is_piped`), a word without a prefix is looked up among this computer's programs first.
    Raises UnknownCommandError.
    """
    first, *rest = _without_alias(words, session)
    first = without_exe(first)
    if first == DOCKER:
        return DockerCommand(tuple(rest))
    if first in OURS:
        return _explicit(first, rest, session)
    if is_piped and (program := find_program(first, session)):
        return LocalProgram((program, *rest))
    command = command_table.find(first, command_table.built_in())
    if command is not None and not command.is_meant(rest):
        return DockerCommand((first, *rest))
    is_ours = command is not None and (first == command.name or not rest)  # `logout REGISTRY` is docker's
    if not is_ours and first in docker_words(session):
        return DockerCommand((first, *rest))
    command = command or session.command(first)  # plugins last: looking for them takes time
    if command is None:
        raise unknown(first, session)
    return OurCommand(command, tuple(rest))


def without_exe(word: str) -> str:
    """Strip `.exe` from `docker.exe`, `docker-machine.exe` etc., as written on Windows; keep other words."""
    bare = word[: -len(_EXE)] if word.lower().endswith(_EXE) else word
    return bare if bare in (DOCKER, *OURS) else word


def _without_alias(words: Sequence[str], session: Session) -> list[str]:
    alias = session.aliases.get(words[0])
    return [*(shlex.split(alias) if alias else words[:1]), *words[1:]]


def _explicit(first: str, rest: Sequence[str], session: Session) -> OurCommand:
    name, words = (rest[0], rest[1:]) if rest else ("help", ())
    command = session.command(name)
    if command is None:
        raise unknown(name, session, prefix=f"{first} ")
    return OurCommand(command, tuple(words), is_bare=False)


def docker_words(session: Session) -> frozenset[str]:
    """Return docker's commands: those the shell has read, else the CLI's (read once), else the SDK's."""
    if session.hooks.docker_words is not None:
        known = session.hooks.docker_words()
        if known:
            return frozenset(known)
    if session.kept_docker_words is None:
        session.kept_docker_words = _query_docker(session.environment)
    return session.kept_docker_words


def _query_docker(environment: Environment) -> frozenset[str]:
    from machsh.engine import docker_cli
    from machsh.engine.sdk import NAMES

    program = docker_cli.find(environment)
    if program is None:
        return frozenset(NAMES)
    from machsh.engine.cli_tree.command_tree import CommandTree

    tree = CommandTree(program, environment)
    top = tree.command()
    tree.save()
    # A CLI that does not answer (it hangs or is broken) reports the reason itself when it is called.
    return frozenset(child.name for child in top.children) if top is not None else frozenset(NAMES)


def unknown(word: str, session: Session, prefix: str = "") -> UnknownCommandError:
    """Return the error for an unknown word, with similar commands as its hint."""
    hint = suggestion(word, session, with_docker=not prefix)
    return UnknownCommandError(f"{prefix}{word}: no such command", hint=hint)


def suggestion(word: str, session: Session, *, with_docker: bool = True) -> str:
    """Return the hint for an unknown word: similar commands, or how to run the local program of that name."""
    from machsh.suggest import did_you_mean

    if word.startswith("@"):
        return f"a line for many machines is a batch: machsh -c '{word} COMMAND'"
    if word == "docker-compose" and with_docker:
        has_compose = "compose" in docker_words(session)
        return "docker compose does that" if has_compose else "compose is not installed: doctor says how"
    # A set: machsh and docker share some names.
    names = {*session.commands(), *session.aliases, *(docker_words(session) if with_docker else ())}
    if not session.is_one_shot and find_program(word, session):
        return f"for the program of this computer: !{word}"
    return did_you_mean(word, names) or "help lists the commands"


def find_program(word: str, session: Session) -> str | None:
    """The path of a program of this computer; None when there is none of that name."""
    from shutil import which

    return which(word, path=_path(session.environment))


def _path(environment: Environment) -> str:
    return environment.variables.get("PATH", "")
