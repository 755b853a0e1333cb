"""Runs parsed programs: lines of the shell, batches and `$(...)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from machsh.environment import Environment
from machsh.errors import ExitCode, MachshError
from machsh.files import expected
from machsh.language import LanguageError, parse
from machsh.language.expansion import expand
from machsh.language.source import SourceText
from machsh.language.tree import Chain, For, If, Pipeline, Program, Simple, Span, Statement
from machsh.plugin.requirements import explanation
from machsh.session import dispatch, idioms, pipeline, reporting
from machsh.session.policy import TYPED, Policy
from machsh.session.segments import SegmentBuilder
from machsh.session.variable_scope import SessionScope

if TYPE_CHECKING:
    from machsh.session.session import Session

_HEADLINE = 4
"""How many words of a failed statement a message shows."""
_SETS_THE_STAGE = ("use", "set", "unset", "cd")
"""Commands that a resumed batch repeats: they change the session, which the checkpoint does not save."""


class StoppedError(Exception):
    """Ends the running text: a failure in a batch, `exit`, or Ctrl-C. `code` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _SubstitutionError(Exception):
    """`$(...)` has failed in a batch, so the statement that contains it fails with its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Executor:
    """Runs programs for a session on an environment's streams."""

    def __init__(
        self, session: Session, policy: Policy = TYPED, environment: Environment | None = None
    ) -> None:
        self._session = session
        self._policy = policy
        self._environment = environment or session.calls.now.environment
        self._last_failure = 0
        self._has_told = False

    def execute(self, text: str, *, file: str = "", line: int = 1) -> int:
        """Parse and run a text; return its exit code. Prints failures instead of raising them."""
        text, commands = idioms.translated(text)
        for command in commands:
            reporting.note(f"here, {command} does that", self._environment)
        try:
            program = parse(text, file=file, line=line)
        except LanguageError as error:
            reporting.report_error(error, error.source, error.span, self._environment)
            self._session.status = int(error.code)
            return self._session.status
        return self.run(program)

    def run(self, program: Program) -> int:
        """Run a program; return the exit code of its last command, or of the one that ended it.

        With `keeps_going`, return that of the last failure. Ctrl-C ends a typed line with 130; a batch
        raises KeyboardInterrupt.
        """
        try:
            for statement in program.statements:
                self._run_recorded(statement, program)
        except StoppedError as stopped:
            self._session.status = stopped.code
            return stopped.code
        except KeyboardInterrupt:
            self._session.status = ExitCode.INTERRUPTED
            if self._policy.stops:
                raise
            return ExitCode.INTERRUPTED
        if self._policy.checkpoint and not self._last_failure:
            self._policy.checkpoint.finish()
        return self._last_failure or self._session.status

    # Statements

    def _run_recorded(self, statement: Statement, program: Program) -> None:
        """Run a top-level statement and record it, unless the checkpoint has it as done already."""
        checkpoint = self._policy.checkpoint
        if checkpoint is None:
            self._statement(statement, program)
            return
        text = program.text(statement)
        try:
            is_done = checkpoint.is_done(text)
        except MachshError as error:
            self._tell(error, program.source, statement.span)
            raise StoppedError(int(error.code)) from error
        if not is_done or _sets_the_stage(statement):
            failure = self._last_failure
            self._statement(statement, program)
            if self._last_failure != failure:
                return
        checkpoint.note(text)

    def _explained(self, statement: Statement, program: Program) -> None:
        """Turn a missing package or an OSError into a failure of this statement: the session goes on."""
        try:
            self._body(statement.body, program)
        except ImportError as error:
            raise explanation(error) from error
        except OSError as error:
            raise expected(error) from error

    def _statement(self, statement: Statement, program: Program) -> None:
        self._has_told = False
        has_failed_itself = isinstance(statement.body, Chain)
        try:
            self._explained(statement, program)
        except MachshError as error:
            self._session.status = self._tell(error, program.source, statement.span)
            has_failed_itself = True
        except _SubstitutionError as failed:
            self._session.status = failed.code
            self._has_told = has_failed_itself = True
        if self._session.left is not None:
            raise StoppedError(self._session.left)
        if self._session.status == ExitCode.INTERRUPTED:
            raise StoppedError(ExitCode.INTERRUPTED)
        if statement.ignores_failure:
            self._session.status = 0
        elif self._session.status and has_failed_itself:
            self._failed(statement, program)

    def _failed(self, statement: Statement, program: Program) -> None:
        """In a batch, report the failure and stop, unless `keeps_going` is set."""
        if not self._policy.stops:
            return
        if not self._has_told:
            text, code = headline(program.text(statement)), self._session.status
            reporting.report_code(text, code, program.source, statement.span, self._environment)
        if not self._policy.keeps_going:
            raise StoppedError(self._session.status)
        self._last_failure = self._session.status

    def _body(self, body: Chain | If | For, program: Program) -> None:
        if isinstance(body, If):
            self._if(body, program)
        elif isinstance(body, For):
            self._for(body, program)
        else:
            self._trace(program, body, "")
            self._session.status = self._chain(body, program)

    def _if(self, node: If, program: Program) -> None:
        self._trace(program, node.condition, "if ")
        is_true = self._chain(node.condition, program) == 0
        self._session.status = 0
        self._block(node.body if is_true else node.otherwise, program)

    def _for(self, node: For, program: Program) -> None:
        self._session.status = 0
        for text in expand(node.words, self._scope(program.source), program.source):
            self._session.variables[node.name] = text
            self._block(node.body, program)

    def _block(self, statements: Sequence[Statement], program: Program) -> None:
        for statement in statements:
            self._statement(statement, program)

    # Commands

    def _chain(self, chain: Chain, program: Program) -> int:
        self._session.status = code = self._pipeline(chain.first, program)
        for operator, following in chain.rest:
            if self._session.left is not None or code == ExitCode.INTERRUPTED:
                break
            if (code == 0) is (operator == "&&"):
                self._session.status = code = self._pipeline(following, program)
        return code

    def _pipeline(self, node: Pipeline, program: Program) -> int:
        source = program.source
        preparing = SegmentBuilder(self._session, source, self._scope(source), self._note_told)
        if len(node.parts) == 1:
            spawn = dispatch.spawn_in_foreground(self._session)
            return preparing.segment(node.parts[0], spawn).run(self._environment)
        segments = [
            preparing.segment(part, dispatch.spawn_plainly, is_piped=place > 0)
            for place, part in enumerate(node.parts)
        ]
        return pipeline.run(segments, self._environment)

    def _scope(self, source: SourceText) -> SessionScope:
        return SessionScope(self._session, self._environment, self._policy.allows_unset, self._substitute)

    def _substitute(self, program: Program, environment: Environment) -> int:
        """Run `$(...)` in a fork of the session, so that it cannot change the session."""
        code = Executor(self._session.fork(), self._policy.inner, environment).run(program)
        if code and self._policy.stops:
            raise _SubstitutionError(code)
        return code

    # Reporting

    def _tell(self, error: MachshError, source: SourceText, span: Span) -> int:
        reporting.report_error(error, source, span, self._environment)
        self._has_told = True
        return int(error.code)

    def _note_told(self) -> None:
        self._has_told = True

    def _trace(self, program: Program, chain: Chain, prefix: str) -> None:
        if self._policy.is_traced:
            reporting.trace(prefix + program.text(chain), self._session.active, self._environment)


def headline(text: str) -> str:
    """Return a statement's first words, up to its first option: the rest may contain a secret."""
    words = text.split()
    options = [place for place, word in enumerate(words) if word.startswith("-") and place]
    shown = words[: min([_HEADLINE, *options])]
    return " ".join(shown) + " ..." * (len(shown) < len(words))


def _sets_the_stage(statement: Statement) -> bool:
    body = statement.body
    if not isinstance(body, Chain) or body.rest or len(body.first.parts) != 1:
        return False
    command = body.first.parts[0]
    return isinstance(command, Simple) and command.words[0].literal in _SETS_THE_STAGE
