"""Runs what a command's words mean: a machsh handler, docker, or a program of this computer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.engine.proxies import EXCEPTIONS
from machsh.environment import Environment
from machsh.errors import FOREIGN, MachshError, UsageError
from machsh.session.resolve import Action, DockerCommand, OurCommand, find_program
from machsh.session.streams import with_variables

if TYPE_CHECKING:
    from machsh.process.group import Spawn
    from machsh.session.session import Session

_ON_STDERR = ("env", "config")
"""Commands whose output is meant for `eval`: their progress goes to stderr, as it does with `--json`."""
_NOWHERE = "unix:///machine-without-a-known-address"


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
        if action.is_bare and session.is_interactive and find_program(name, session):
            error.hint = f"{error.hint}; for the program of this computer: !{name}".removeprefix("; ")
        raise


def _called(action: OurCommand, session: Session, environment: Environment) -> int:
    from machsh.commands.invocation import CommandServices, invoke
    from machsh.output.writer import Writer
    from machsh.session.call_context import CallProgress, CallPrompter

    calls = session.calls
    is_for_programs = action.command.name in _ON_STDERR or "--json" in action.words
    with calls.begin(environment, to_stderr=is_for_programs) as call:
        services = CommandServices(
            environment,
            session.machines,
            session.catalog,
            session,
            session.runner,
            CallProgress(calls),
            CallPrompter(calls),
        )
        try:
            result = invoke(action.command, action.words, services)
            call.progress.end()  # or the result would follow on the open step's line
            return Writer(environment, has_pager=session.has_pager).write(result)
        except (MachshError, BrokenPipeError):
            raise
        except FOREIGN as error:  # the handler or driver may be a plugin's
            from traceback import format_exception

            from machsh.plugin.blame import fault_of_plugin
            from machsh.secrets import cleaned

            fault = fault_of_plugin(error, environment)
            if fault is None:
                raise
            services.progress.debug(cleaned("".join(format_exception(error)), environment))
            raise fault from error


def run_docker(
    words: Sequence[str], session: Session, environment: Environment, spawn: Spawn | None = None
) -> int:
    """Run docker on the session's active machine and return its exit code. Raises MachshError.

    While a cluster is in use, a manager that cannot act for it is left for the next before the command runs.
    """
    from machsh.output import messages
    from machsh.process.child import SIGNALLED

    note = partial(messages.note, environment, look="warning")
    if session.cluster is not None and session.cluster.reach(note):
        session.tell_listeners()
    code = _docker(words, session, environment, spawn)
    if session.cluster is not None and 0 < code < SIGNALLED and (lost := session.cluster.has_lost()):
        note(
            f'"{session.active}" was lost while the command ran: {lost}. The command had begun: look what it '
            "has done before you repeat it; the next one asks another manager"
        )
    return code


def _docker(words: Sequence[str], session: Session, environment: Environment, spawn: Spawn | None) -> int:
    from machsh.engine import docker_cli

    machine = session.active
    endpoint = session.docker_endpoint()
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
    """Return the environment variables for a local program, with `Session.program_endpoint`."""
    extended = with_variables(environment, session.variables)
    if not session.active:
        return dict(extended.variables)
    try:
        endpoint = session.program_endpoint()
    except MachshError:
        # If the program calls docker, that must fail, not reach this computer's engine by accident.
        endpoint = Endpoint(_NOWHERE)
    variables = endpoint.child_variables(extended, session.active)
    own = {name: value for name, value in session.variables.items() if name not in EXCEPTIONS}
    return {**variables, **own}
