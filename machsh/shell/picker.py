"""F4: all machines with their states; Enter switches to one and gives back what was being typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from machsh.machine.name import LOCAL
from machsh.output.terminal_text import clean_line
from machsh.shell.mode import Mode

if TYPE_CHECKING:
    from machsh.shell.complete.sources import Sources


class MachinePicker(Completer):
    """Offers machines. `keep` is given the text that was being typed, for the next prompt."""

    def __init__(self, sources: Callable[[], Sources], keep: Callable[[str], None]) -> None:
        self._sources = sources
        self._keep = keep

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """The fitting machines, the last used first."""
        from machsh.shell.complete.candidate import Candidate
        from machsh.shell.complete.ranking import rank

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

    def mode(self) -> Mode:
        """The mode that F4 turns on."""
        return Mode("picker", lambda: "machines · Enter switches · Esc leaves", self, self._choose)

    def _choose(self, buffer: Buffer, chosen: str, before: str) -> None:
        if not chosen:
            return
        self._keep(before)
        buffer.set_document(Document(f"use {chosen}"), bypass_readonly=True)
        buffer.validate_and_handle()
