"""Turns a parsed command into a runnable one: expands words, selects machines, names redirected files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.environment import Environment
from machsh.errors import MachshError, is_write_error
from machsh.language import LanguageError, VariableScope
from machsh.language.expansion import expand, expand_one
from machsh.language.source import SourceText
from machsh.language.tree import Escape, Simple, Word
from machsh.process.group import Spawn
from machsh.session import dispatch, idioms, reporting
from machsh.session.fan_out import FanOut
from machsh.session.fan_out_options import FanOutOptions, read_options
from machsh.session.pipeline import Segment
from machsh.session.resolve import OURS, OurCommand, UnknownCommandError, resolve
from machsh.session.streams import BROKEN_PIPE, redirected

if TYPE_CHECKING:
    from machsh.session.session import Session

Work = Callable[["Session", Environment, Spawn], int]
"""Runs a command for a session on an environment's streams. Raises MachshError."""


@dataclass(frozen=True, slots=True)
class SegmentBuilder:
    """Builds pipeline segments from the commands of one text."""

    session: Session
    source: SourceText
    scope: VariableScope
    note_told: Callable[[], None]
    """Called after a failure was reported, so that the executor does not report it again."""

    def segment(self, node: Simple | Escape, spawn: Spawn, *, is_piped: bool = False) -> Segment:
        """Build a command's segment. Raises LanguageError for unknown words, MachshError."""
        names = self._targets(node.targets) if node.targets else None
        work, options, is_ours = self._work(node, is_piped, names is not None)
        redirects = node.redirects if isinstance(node, Simple) else ()
        paths = {redirect.span: self._path(redirect.file) for redirect in redirects if redirect.file}

        def run(environment: Environment) -> int:
            try:
                with redirected(environment, redirects, lambda one: paths[one.span]) as streams:
                    return self._on(names, work, node, streams, spawn, options)
            except MachshError as error:
                return self._reported(error, node, environment)
            except OSError as error:
                if isinstance(error, BrokenPipeError) or not is_write_error(error):
                    raise
                reported = MachshError(f"write error: {(error.strerror or '').lower()}")
                return self._reported(reported, node, environment)

        return Segment(run, is_ours=is_ours and names is None, is_docker=_is_docker(node))

    def _work(
        self, node: Simple | Escape, is_piped: bool, has_targets: bool
    ) -> tuple[Work, FanOutOptions, bool]:
        if isinstance(node, Escape):
            text = node.text

            def escape(session: Session, environment: Environment, spawn: Spawn) -> int:
                return dispatch.shell_line(text, session, environment, spawn)

            return escape, FanOutOptions(), False
        self._refuse_foreign(node)
        words = expand(node.words, self.scope, self.source)
        options, given = FanOutOptions(), len(words)
        if has_targets:
            options, words = self._fan_out_options(words, node)
        if not words:
            raise LanguageError(
                "there is no command left", self.source, node.span, hint="its variables are empty"
            )
        try:
            action = resolve(words, self.session, is_piped=is_piped)
        except UnknownCommandError as error:
            span = node.words[min(given - len(words), len(node.words) - 1)].span
            on_hosts = self._over_ssh(node, span[0]) if has_targets else ""
            hint = idioms.hint(self._text(node)) or on_hosts or error.hint
            raise LanguageError(str(error), self.source, span, hint=hint) from error

        def command(session: Session, environment: Environment, spawn: Spawn) -> int:
            return dispatch.run(action, session, environment, spawn)

        return command, options, isinstance(action, OurCommand)

    def _fan_out_options(self, words: list[str], node: Simple) -> tuple[FanOutOptions, list[str]]:
        try:
            return read_options(words, self.session.environment)
        except MachshError as error:
            raise LanguageError(str(error), self.source, node.words[0].span, hint=error.hint) from error

    def _refuse_foreign(self, node: Simple) -> None:
        """Refuse another shell's assignment if it would run as a different command here."""
        line = self._text(node)
        if idioms.sets_variable(line):
            raise LanguageError(
                "this sets a variable in another shell", self.source, node.span, hint=idioms.hint(line)
            )

    def _over_ssh(self, node: Simple, start: int) -> str:
        """Return the hint for a program of the selected machines; its name begins at `start`."""
        text, (first, last) = self.source.text, node.span
        return f"for a program of the machines: {text[first:start]}ssh {text[start:last]}"

    def _text(self, node: Simple) -> str:
        return self.source.text[slice(*node.span)]

    def _on(
        self,
        names: list[str] | None,
        work: Work,
        node: Simple | Escape,
        streams: Environment,
        spawn: Spawn,
        options: FanOutOptions,
    ) -> int:
        if names is None:
            return work(self.session, streams, spawn)
        if len(names) == 1:
            return work(self.session.for_machine(names[0]), streams, spawn)

        def run_on(name: str, environment: Environment, spawn: Spawn) -> int:
            try:
                return work(self.session.for_machine(name), environment, spawn)
            except MachshError as error:
                return self._reported(error, node, environment)

        return FanOut(names, run_on, streams, options).run()

    def _targets(self, word: Word) -> list[str]:
        from machsh.machine.selection import select

        text = expand_one(word, self.scope, self.source)[1:]
        try:
            return select(text, self.session.machines)
        except MachshError as error:
            raise LanguageError(str(error), self.source, word.span, hint=error.hint) from error

    def _path(self, word: Word) -> Path:
        return Path(expand_one(word, self.scope, self.source))

    def _reported(self, error: MachshError, node: Simple | Escape, environment: Environment) -> int:
        self.note_told()
        try:
            reporting.report_error(error, self.source, node.span, environment)
        except BrokenPipeError:
            return BROKEN_PIPE
        return int(error.code)


def _is_docker(node: Simple | Escape) -> bool:
    if isinstance(node, Escape):
        return node.text.split()[:1] == ["docker"]
    return node.words[0].literal not in OURS
