"""The ways in: the shell, a batch, one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands.arguments import WrongWordsError
from machsh.commands.process import Request, read
from machsh.environment import Environment
from machsh.session.opening import begin, open_session
from machsh.session.session import Mode, Session

if TYPE_CHECKING:
    from machsh.session.batch import Batch


def enter(environment: Environment) -> int:
    """Read the arguments and go the way they ask for; the exit code. Raises MachshError."""
    request = _read(environment)
    if request.values.flag("version"):
        from machsh.commands.version import version_line

        return _say(version_line(environment), environment)
    is_shell = not request.words and "command" not in request.values.given
    if request.values.flag("help") or (is_shell and environment.is_docker_machine):
        return _say(_application_help(environment), environment)
    if request.words and not request.is_batch_file and "command" not in request.values.given:
        return _one_shot(environment, request)
    if is_shell and environment.is_terminal(environment.stdin):
        return _shell(environment, request)
    return _batch(environment, request)


def _read(environment: Environment) -> Request:
    try:
        return read(environment)
    except WrongWordsError as error:
        error.hint = error.hint or "machsh --help shows what there is"
        if environment.is_docker_machine:
            error.preface = f"{error.title}\n\n{_application_help(environment)}\n"
        raise


def _one_shot(environment: Environment, request: Request) -> int:
    """One command: without `--machine` only docker's words need to know which machine is meant."""
    from machsh.session import one_shot

    machine = request.values.text("machine")
    session = open_session(environment, Mode.ONE_SHOT, is_yes=request.values.flag("yes"))
    try:
        if machine or session.command(request.words[0]) is None:
            begin(session, machine)
        return one_shot.run(session, request.words)
    finally:
        session.close()


def _batch(environment: Environment, request: Request) -> int:
    """Lines from `-c`, a file, or standard input; with `-i` the shell afterwards, in the same session."""
    from machsh.session.batch import Options, run

    values = request.values
    mode = Mode.SHELL if values.flag("interactive") else Mode.BATCH
    session = open_session(environment, mode, is_yes=values.flag("yes"))
    checkpoint = values.text("checkpoint")
    options = Options(
        check=values.flag("check"),
        trace=values.flag("trace"),
        keep_going=values.flag("keep-going"),
        checkpoint=Path(checkpoint) if checkpoint else None,
        resume=values.flag("resume"),
    )
    try:
        text, arguments = _text(session, request)
        begin(session, values.text("machine"))
        code = run(session, text, arguments, options)
        return _prompt(session) if values.flag("interactive") else code
    finally:
        session.close()


def _text(session: Session, request: Request) -> tuple[Batch, list[str]]:
    from machsh.session.batch import COMMAND_NAME, Batch

    if "command" in request.values.given:
        return Batch(request.values.text("command"), COMMAND_NAME), request.words
    if request.words:
        return Batch.of_file(Path(request.words[0])), request.words[1:]
    return Batch.of_input(session), []


def _shell(environment: Environment, request: Request) -> int:
    session = open_session(environment, Mode.SHELL, is_yes=request.values.flag("yes"))
    try:
        begin(session, request.values.text("machine"))
        return _prompt(session)
    finally:
        session.close()


def _prompt(session: Session) -> int:
    from machsh.config.settings import load
    from machsh.shell.app import run

    return run(session, load(session.environment))


def _application_help(environment: Environment) -> str:
    from machsh.commands.help import application
    from machsh.commands.table import built_in

    return application(environment, built_in())


def _say(text: str, environment: Environment) -> int:
    environment.stdout.write(text + "\n")
    return 0
