"""Starts the shell, a batch or one command, as the arguments say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands.flags import WrongWordsError
from machsh.commands.global_options import Request, read
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.plugin.printed import PrintedText
from machsh.session.opening import begin, open_session
from machsh.session.session import Mode, Session

if TYPE_CHECKING:
    from machsh.session.batch import Batch


def enter(environment: Environment) -> int:
    """Read the arguments, do what they ask for and return the exit code. Raises MachshError."""
    request = _read(environment)
    if environment.stdout is sys.stdout:
        sys.stdout = PrintedText(environment.stderr)
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
    """Run one command. Without `--machine`, only docker's own commands need an active machine."""
    from machsh.session import one_shot

    machine = request.values.text("machine")
    session = open_session(environment, Mode.ONE_SHOT, is_yes=request.values.flag("yes"))
    if request.words[0] != "settings":  # it lists them itself
        _report_problems(session)
    try:
        if machine or session.command(request.words[0]) is None:
            begin(session, machine)
        return one_shot.run(session, request.words)
    finally:
        session.close()


def _report_problems(session: Session) -> None:
    from machsh.output import messages

    for problem in session.problems:
        messages.note(session.environment, problem)


def _batch(environment: Environment, request: Request) -> int:
    """Run lines from `-c`, a file or standard input; with `-i`, open the shell afterwards in this session."""
    from machsh.session.batch import BatchOptions, run

    values = request.values
    mode = Mode.SHELL if values.flag("interactive") else Mode.BATCH
    session = open_session(environment, mode, is_yes=values.flag("yes"))
    if mode is Mode.BATCH:  # the shell shows them above its first prompt
        _report_problems(session)
    checkpoint = values.text("checkpoint")
    options = BatchOptions(
        check=values.flag("check"),
        trace=values.flag("trace"),
        keep_going=values.flag("keep-going"),
        checkpoint=Path(checkpoint) if checkpoint else None,
        resume=values.flag("resume"),
    )
    try:
        batches, arguments = _batches(session, request)
        if len(batches) > 1 and checkpoint:
            raise UsageError("--checkpoint needs one text", hint="give one -c, or a file")
        begin(session, values.text("machine"))
        code = 0
        for batch in batches:
            failure = run(session, batch, arguments, options)
            code = failure or code
            if session.left is not None or (failure and not (options.keep_going or options.check)):
                break
        return _prompt(session) if values.flag("interactive") else code
    finally:
        session.close()


def _batches(session: Session, request: Request) -> tuple[list[Batch], list[str]]:
    """Return the batches in order, and their arguments. Raises MachshError for an unreadable file."""
    from machsh.session.batch import COMMAND_NAME, Batch

    if "command" in request.values.given:
        return [Batch(text, COMMAND_NAME) for text in request.values.texts("command")], request.words
    if request.words:
        return [Batch.of_file(Path(request.words[0]))], request.words[1:]
    return [Batch.of_input(session)], []


def _shell(environment: Environment, request: Request) -> int:
    session = open_session(environment, Mode.SHELL, is_yes=request.values.flag("yes"))
    try:
        begin(session, request.values.text("machine"))
        return _prompt(session)
    finally:
        session.close()


def _prompt(session: Session) -> int:
    from machsh.cli import crash_report
    from machsh.settings import load
    from machsh.shell.app import run

    environment = session.environment
    return run(session, load(environment), lambda error: crash_report.report(error, environment))


def _application_help(environment: Environment) -> str:
    from machsh.commands.command_table import built_in
    from machsh.commands.help import application

    return application(environment, built_in())


def _say(text: str, environment: Environment) -> int:
    from machsh.output import console

    console.put(environment.stdout, text + "\n")
    return 0
