"""Ctrl-R: fuzzy search in the history, of all, of this machine, of this session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from machsh.output.terminal_text import clean_line
from machsh.shell.history import History, Scope
from machsh.shell.mode import Mode

LOOKED_AT = 5_000
"""Lines searched at each key, the newest."""


class HistorySearch(Completer):
    """Offers the lines of a scope that fit what is typed."""

    def __init__(self, history: History, machine: Callable[[], str]) -> None:
        self.scope = Scope.ALL
        self._history = history
        self._machine = machine

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """The fitting lines, best first, equal ones newest first."""
        from machsh.shell.complete.candidate import Candidate
        from machsh.shell.complete.ranking import rank

        lines = self._history.lines(self.scope, self._machine())
        candidates = [Candidate(line) for line, _ in zip(lines, range(LOOKED_AT), strict=False)]
        for found in rank(candidates, document.text):
            line = clean_line(found.text.replace("\n", " ⏎ "))
            yield Completion(found.text, start_position=-len(document.text_before_cursor), display=line)

    def next_scope(self) -> None:
        """Look elsewhere."""
        self.scope = self.scope.next

    def mode(self) -> Mode:
        """The mode that Ctrl-R turns on."""
        return Mode("search", self._title, self, _take, self.next_scope)

    def _title(self) -> str:
        return f"history of {self.scope.value} · Ctrl-R: {self.scope.next.value} · Enter takes · Esc leaves"


def _take(buffer: Buffer, chosen: str, before: str) -> None:
    buffer.set_document(Document(chosen), bypass_readonly=True)
