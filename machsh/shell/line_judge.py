"""Decides which lines can be run, for text pasted together with prompts and output."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

from machsh.language import is_complete
from machsh.language.parser import KEYWORDS
from machsh.machine.naming import LOCAL
from machsh.session import idioms
from machsh.session.resolve import DOCKER, OURS, docker_words, without_exe
from machsh.session.session import Session
from machsh.shell.completion.line import split
from machsh.shell.completion.sources import Sources
from machsh.shell.highlighting import first_wrong

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class LineJudge:
    """Checks lines against the session's commands and docker's."""

    def __init__(self, session: Session, sources: Callable[[], Sources]) -> None:
        self._session = session
        self._sources = sources

    def is_known(self, line: str) -> bool:
        """Return whether the line begins with a command of machsh or docker.

        Lines for other shells that machsh can translate or explain count, too.
        """
        if idioms.switches(line) or idioms.hint(line):
            return True
        piece = split(line).pieces[0]
        if piece.is_escape:
            return bool(piece.words)
        words = [word.text for word in piece.words]
        while words and (words[0].startswith("@") or _ASSIGNMENT.match(words[0])):
            words = words[1:]
        return bool(words) and self._is_command(words)

    def _is_command(self, words: list[str]) -> bool:
        session, first = self._session, without_exe(words[0])
        if first in OURS:
            return len(words) == 1 or session.command(words[1]) is not None or words[1].startswith("-")
        if first == DOCKER:
            return len(words) == 1 or words[1] in docker_words(session) or words[1].startswith("-")
        is_word = first in KEYWORDS or first in session.aliases
        return is_word or session.command(first) is not None or first in docker_words(session)

    def is_right(self, line: str) -> bool:
        """Return whether the line is known and no word of it is known to be wrong."""
        return self.is_known(line) and first_wrong(line, self._sources()) is None

    def is_program(self, line: str) -> bool:
        """Return whether the line begins with a program on this computer."""
        words = split(line).pieces[0].words
        path = self._session.environment.variable("PATH")
        return bool(words) and shutil.which(words[0].text, path=path) is not None

    def is_machine(self, name: str) -> bool:
        """Return whether there is a machine of that name; `local` counts."""
        return name == LOCAL or self._session.machines.store.exists(self._session.stored(name))

    def is_complete(self, text: str) -> bool:
        """Return whether the text ends outside quotes, blocks and continued lines."""
        return is_complete(text)
