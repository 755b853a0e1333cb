"""Temporary input modes that replace the completer: history search (Ctrl-R) and machine picker (F4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from machsh.machine.naming import LOCAL
from machsh.output.terminal_text import clean_line
from machsh.shell.history.history import History, HistoryScope

if TYPE_CHECKING:
    from machsh.shell.completion.sources import Sources


@dataclass(slots=True)
class PromptMode:
    """A mode: what it offers, and what happens with the choice."""

    name: str
    title: Callable[[], str]
    """Returns the text of the toolbar while the mode is on."""
    completer: Completer
    choose: Callable[[Buffer, str, str], None]
    """Called with the buffer, the chosen text and the text before the mode."""
    again: Callable[[], None] = lambda: None
    """Called when the mode's key is pressed again."""


@dataclass(slots=True)
class PromptModes:
    """Holds the mode that is on, if any, and the text typed before it."""

    current: PromptMode | None = None
    before: Document = field(default_factory=Document)

    def completer(self) -> Completer | None:
        """Return the completer of the mode that is on, or None."""
        return self.current.completer if self.current is not None else None

    def toggle(self, mode: PromptMode, buffer: Buffer, *, keep_text: bool) -> None:
        """Turn a mode on; if it is on already, call its `again`."""
        if self.current is mode:
            mode.again()
        else:
            self.current, self.before = mode, buffer.document
            if not keep_text:
                buffer.set_document(Document(), bypass_readonly=True)
        buffer.start_completion(select_first=False)

    def choose(self, buffer: Buffer) -> None:
        """Take the selected entry, else the first, else the text itself, and turn the mode off."""
        mode, self.current = self.current, None
        state = buffer.complete_state
        if mode is None:
            return
        completion = None
        if state is not None:
            completion = state.current_completion or next(iter(state.completions), None)
        text = completion.text if completion is not None else buffer.text
        buffer.cancel_completion()
        mode.choose(buffer, text, self.before.text)

    def leave(self, buffer: Buffer) -> None:
        """Turn the mode off and restore the text typed before it."""
        self.current = None
        buffer.cancel_completion()
        buffer.set_document(self.before, bypass_readonly=True)


class MachinePicker(Completer):
    """Offers machines. `keep` receives the text typed before the mode, for the next prompt."""

    def __init__(self, sources: Callable[[], Sources], keep: Callable[[str], None]) -> None:
        self._sources = sources
        self._keep = keep

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the machines that match, best first; the last used first among equals."""
        from machsh.shell.completion.candidate import Candidate
        from machsh.shell.completion.ranking import rank

        sources = self._sources()
        states = sources.states
        states.refresh_if_stale()
        lines = [Candidate(line.name, line.note, line.style) for line in states.fleet.machines]
        lines.append(Candidate(LOCAL, "the engine of this computer"))
        active = sources.active()
        for found in rank(lines, document.text, sources.used):
            mark = "● " if found.text == active else "  "
            yield Completion(
                found.text,
                start_position=-len(document.text_before_cursor),
                display=[("", mark), (f"class:{found.style}", clean_line(found.text))],
                display_meta=clean_line(found.note),
            )

    def mode(self) -> PromptMode:
        """The mode that F4 turns on."""
        return PromptMode("picker", lambda: "machines · Enter switches · Esc leaves", self, self._choose)

    def _choose(self, buffer: Buffer, chosen: str, before: str) -> None:
        if not chosen:
            return
        self._keep(before)
        buffer.set_document(Document(f"use {chosen}"), bypass_readonly=True)
        buffer.validate_and_handle()


LOOKED_AT = 5_000
"""Number of newest lines searched on each key press."""


class HistorySearch(Completer):
    """Offers the lines of a scope that match the typed text."""

    def __init__(self, history: History, machine: Callable[[], str]) -> None:
        self.scope = HistoryScope.ALL
        self._history = history
        self._machine = machine

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the lines that match, best first; the newest first among equals."""
        from machsh.shell.completion.candidate import Candidate
        from machsh.shell.completion.ranking import rank

        lines = self._history.lines(self.scope, self._machine())
        candidates = [Candidate(line) for line, _ in zip(lines, range(LOOKED_AT), strict=False)]
        for found in rank(candidates, document.text):
            line = clean_line(found.text.replace("\n", " ⏎ "))
            yield Completion(found.text, start_position=-len(document.text_before_cursor), display=line)

    def next_scope(self) -> None:
        """Search the next scope."""
        self.scope = self.scope.next

    def mode(self) -> PromptMode:
        """The mode that Ctrl-R turns on."""
        return PromptMode("search", self._title, self, _take, self.next_scope)

    def _title(self) -> str:
        return f"history of {self.scope.value} · Ctrl-R: {self.scope.next.value} · Enter takes · Esc leaves"


def _take(buffer: Buffer, chosen: str, before: str) -> None:
    buffer.set_document(Document(chosen), bypass_readonly=True)
