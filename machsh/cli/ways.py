"""The ways in: the shell, a batch, one command."""

from __future__ import annotations

from machsh.commands.arguments import WrongWordsError
from machsh.commands.process import Request, read
from machsh.environment import Environment
from machsh.errors import ExitCode


def enter(environment: Environment) -> int:
    """Read the arguments and go the way they ask for; the exit code. Raises MachshError."""
    request = _read(environment)
    if request.values.flag("version"):
        from machsh.commands.version import version_line

        return _say(version_line(environment), environment)
    if request.values.flag("help"):
        return _help(environment)
    if request.words and not request.is_batch_file:
        from machsh.cli.one_shot import run

        return run(environment, request)
    if environment.is_docker_machine:
        return _help(environment)
    return _session(environment, request)


def _read(environment: Environment) -> Request:
    try:
        return read(environment)
    except WrongWordsError as error:
        error.hint = error.hint or "machsh --help shows what there is"
        if environment.is_docker_machine:
            error.preface = f"{error.title}\n\n{_application_help(environment)}\n"
        raise


def _session(environment: Environment, request: Request) -> int:
    """The shell on a terminal; else lines from a file, from `-c` or from standard input."""
    raise NotImplementedError


def _application_help(environment: Environment) -> str:
    from machsh.commands.help import application
    from machsh.commands.table import built_in

    return application(environment, built_in())


def _help(environment: Environment) -> int:
    return _say(_application_help(environment), environment)


def _say(text: str, environment: Environment) -> int:
    environment.stdout.write(text + "\n")
    return ExitCode.OK
