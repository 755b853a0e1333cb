"""Runs a batch: lines from a file, from `-c` or from standard input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import ExitCode, UsageError
from machsh.files import explain
from machsh.language import LanguageError, parse
from machsh.regular_file import read_text
from machsh.session import reporting
from machsh.session.executor import Executor
from machsh.session.policy import BATCH, Policy

if TYPE_CHECKING:
    from machsh.session.session import Session

COMMAND_NAME = "-c"
INPUT_NAME = "stdin"


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """Options of `machsh -c` and `machsh FILE`."""

    check: bool = False
    """`-n`: report mistakes, run nothing."""
    trace: bool = False
    """`-x`: show each line before it runs."""
    keep_going: bool = False
    checkpoint: Path | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """The text of a batch, and its name in messages."""

    text: str
    name: str

    @classmethod
    def of_file(cls, path: Path) -> Batch:
        """Read a file. Raises MachshError."""
        try:
            return cls(read_text(path, takes_pipe=True), str(path))
        except OSError as error:
            raise explain(error, path) from error

    @classmethod
    def of_input(cls, session: Session) -> Batch:
        """Read standard input to its end."""
        return cls(session.environment.stdin.read(), INPUT_NAME)


def run(session: Session, batch: Batch, arguments: Sequence[str], options: BatchOptions | None = None) -> int:
    """Run a batch and return its exit code. Prints failures instead of raising them.

    Raises UsageError for `resume` without `checkpoint`, RefusedError for a checkpoint of another run.
    """
    options = options or BatchOptions()
    if options.check:
        return _check(session, batch)
    if options.resume and not options.checkpoint:
        raise UsageError("--resume needs --checkpoint FILE", hint="--checkpoint FILE --resume")
    policy = replace(BATCH, is_traced=options.trace, keeps_going=options.keep_going)
    if options.checkpoint:
        from machsh.session.checkpoint import Checkpoint

        checkpoint = Checkpoint(options.checkpoint, arguments, resumes=options.resume)
        policy = replace(policy, checkpoint=checkpoint)
    return _run(session, batch, arguments, policy)


def run_file(session: Session, path: Path, arguments: Sequence[str]) -> int:
    """Run a file within a session (`source`) and return its exit code. Raises MachshError if unreadable."""
    return _run(session, Batch.of_file(path), arguments, BATCH)


def _run(session: Session, batch: Batch, arguments: Sequence[str], policy: Policy) -> int:
    with _arguments(session, arguments):
        return Executor(session, policy).execute(batch.text, file=batch.name)


@contextmanager
def _arguments(session: Session, arguments: Sequence[str]) -> Iterator[None]:
    outer, session.arguments = session.arguments, list(arguments)
    try:
        yield
    finally:
        session.arguments = outer


def _check(session: Session, batch: Batch) -> int:
    from machsh.session.syntax_check import faults

    environment = session.environment
    try:
        program = parse(batch.text, file=batch.name)
    except LanguageError as error:
        reporting.report_error(error, error.source, error.span, environment)
        return int(error.code)
    found = list(faults(program, session))
    for fault in found:
        reporting.report_error(fault, fault.source, fault.span, environment)
    return ExitCode.USAGE if found else ExitCode.OK
