"""Decides whether a line is a machsh command, a docker command or a local program, and runs it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.commands import command_table
from machsh.commands.command import Command
from machsh.engine.endpoint import Endpoint
from machsh.engine.proxies import EXCEPTIONS
from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.session.streams import with_variables

if TYPE_CHECKING:
    from machsh.process.group import Spawn
    from machsh.session.session import Session

DOCKER = "docker"
OURS = ("machine", "docker-machine", "machsh")
"""Prefixes that mark a command as machsh's own, so that pasted lines work."""
_EXE = ".exe"
_ON_STDERR = ("env", "config")
"""Commands whose output is meant for `eval`: their progress goes to stderr."""
_NOWHERE = "unix:///machine-without-a-known-address"


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
    if is_piped and (program := _which(first, session)):
        return LocalProgram((program, *rest))
    command = command_table.find(first, command_table.built_in())
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

    if word == "docker-compose" and with_docker:
        has_compose = "compose" in docker_words(session)
        return "docker compose does that" if has_compose else "compose is not installed: doctor says how"
    # A set: machsh and docker share some names.
    names = {*session.commands(), *session.aliases, *(docker_words(session) if with_docker else ())}
    if not session.is_one_shot and _which(word, session):
        return f"for the program of this computer: !{word}"
    return did_you_mean(word, names) or "help lists the commands"


def run(action: Action, session: Session, environment: Environment, spawn: Spawn) -> int:
    """Run an action on the environment's streams and return its exit code. Raises MachshError."""
    if isinstance(action, OurCommand):
        return run_ours(action, session, environment)
    if isinstance(action, DockerCommand):
        return run_docker(action.words, session, environment, spawn)
    return spawn(action.argv, program_variables(session, environment), environment)


def run_ours(action: OurCommand, session: Session, environment: Environment) -> int:
    """Call the command's handler, print its result and return the exit code. Raises MachshError."""
    from machsh.session.name_clash import refuse_clash

    if action.is_bare:
        refuse_clash(action.command, action.words, session)
    try:
        return _called(action, session, environment)
    except UsageError as error:
        name = action.command.name
        if action.is_bare and session.is_interactive and _which(name, session):
            error.hint = f"{error.hint}; for the program of this computer: !{name}".removeprefix("; ")
        raise


def _called(action: OurCommand, session: Session, environment: Environment) -> int:
    from machsh.commands.invocation import CommandServices, invoke
    from machsh.output.writer import Writer
    from machsh.session.call_context import CallProgress, CallPrompter

    calls = session.calls
    with calls.begin(environment, to_stderr=action.command.name in _ON_STDERR):
        around = CommandServices(
            environment,
            session.machines,
            session.catalog,
            session,
            session.runner,
            CallProgress(calls),
            CallPrompter(calls),
        )
        try:
            result = invoke(action.command, action.words, around)
            return Writer(environment, has_pager=session.has_pager).write(result)
        except (MachshError, BrokenPipeError):
            raise
        except Exception as error:  # the handler or driver may be a plugin's
            from machsh.plugin.blame import fault_of_plugin

            fault = fault_of_plugin(error)
            if fault is None:
                raise
            raise fault from error


def run_docker(
    words: Sequence[str], session: Session, environment: Environment, spawn: Spawn | None = None
) -> int:
    """Run docker on the session's active machine and return its exit code. Raises MachshError."""
    from machsh.engine import docker_cli

    machine = session.active
    endpoint = session.hooks.docker_endpoint(machine, session.endpoint())
    extended = with_variables(environment, session.variables)
    program = docker_cli.find(environment)
    if program is None:
        from machsh.engine.sdk import Fallback

        return Fallback(extended, session.cli_notes).run(endpoint, words)
    prepared = docker_cli.prepare(program, endpoint, words, extended, machine)
    return (spawn or spawn_in_foreground(session))(prepared.argv, prepared.variables, environment)


def spawn_in_foreground(session: Session) -> Spawn:
    """Return a spawn that hands the terminal to the child: for a command that runs alone."""

    def spawn(argv: Sequence[str], variables: Mapping[str, str], environment: Environment) -> int:
        foreground = session.hooks.foreground(environment)
        return foreground.run(argv, variables, seconds=_limit(environment)).code

    return spawn


def spawn_plainly(argv: Sequence[str], variables: Mapping[str, str], environment: Environment) -> int:
    """Spawn one command of a pipeline: without job control of its own, since the whole line is one job."""
    from machsh.process.foreground import Foreground

    return Foreground(environment).run(argv, variables, seconds=_limit(environment)).code


def _limit(environment: Environment) -> float | None:
    """Return the deadline in seconds; None (docker and programs run on) unless `--timeout` was given."""
    from machsh.commands.timeouts import limit_of

    return limit_of(environment) or None


def shell_line(text: str, session: Session, environment: Environment, spawn: Spawn) -> int:
    """Run `!text` with the user's shell and return its exit code.

    The shell gets the active machine's real endpoint, the session's variables and `$1`, `$2`, ...
    """
    if environment.platform == "win32":
        argv = [environment.variable("COMSPEC") or "cmd.exe", "/c", text]
    else:
        argv = [environment.variable("SHELL") or "/bin/sh", "-c", text, "machsh", *session.arguments]
    return spawn(argv, program_variables(session, environment), environment)


def program_variables(session: Session, environment: Environment) -> dict[str, str]:
    """Return the environment variables for a local program, with the active machine's real endpoint."""
    extended = with_variables(environment, session.variables)
    if not session.active:
        return dict(extended.variables)
    try:
        endpoint = session.endpoint()
    except MachshError:
        # If the program calls docker, that must fail, not reach this computer's engine by accident.
        endpoint = Endpoint(_NOWHERE)
    variables = endpoint.child_variables(extended, session.active)
    own = {name: value for name, value in session.variables.items() if name not in EXCEPTIONS}
    return {**variables, **own}


def _which(word: str, session: Session) -> str | None:
    from shutil import which

    return which(word, path=_path(session.environment))


def _path(environment: Environment) -> str:
    return environment.variables.get("PATH", "")
