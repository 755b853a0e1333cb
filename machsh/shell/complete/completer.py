"""The completer that the prompt asks: our answer in prompt_toolkit's words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

if TYPE_CHECKING:
    from machsh.shell.complete.candidate import Answer, Candidate
    from machsh.shell.complete.sources import Sources

PATIENCE_SECONDS = 1.5
"""How long an open menu waits for what a worker is getting; keys are served meanwhile."""
LOOK_SECONDS = 0.02


class Offered(Completion):
    """A completion that knows what follows it once it is chosen."""

    suffix = " "


class LineCompleter(Completer):
    """Completes our lines. A mistake in it costs the menu, never the prompt: `trouble` keeps the error."""

    def __init__(self, sources: Callable[[], Sources]) -> None:
        self.sources = sources
        self.trouble: Exception | None = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What is known at this moment."""
        return iter(self.completions(document.text_before_cursor)[0])

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """What is known, after a short wait for what is on its way."""
        for completion in await self.wait(document.text_before_cursor):
            yield completion

    async def wait(self, before: str, patience: float = PATIENCE_SECONDS) -> list[Completion]:
        """The completions, once nothing is pending or `patience` seconds are over."""
        ends = time.monotonic() + patience
        found, is_pending = self.completions(before)
        while is_pending and time.monotonic() < ends:
            await asyncio.sleep(LOOK_SECONDS)
            found, is_pending = self.completions(before)
        return found

    def completions(self, before: str) -> tuple[list[Completion], bool]:
        """The ranked completions, and whether more may come. Reads memory only."""
        from machsh.shell.complete.candidates import answer
        from machsh.shell.complete.ranking import rank

        try:
            sources = self.sources()
            found = answer(before, sources)
            ranked = rank(unique(found.candidates()), found.typed, sources.used)
            return list(self._shown(found, ranked, before)), found.is_pending
        except Exception as error:  # a completer's bug must never end the prompt
            self.trouble = error
            return [], False

    def _shown(self, found: Answer, ranked: list[Candidate], before: str) -> Iterator[Completion]:
        from machsh.shell.complete.line import spot

        quote = spot(before).quote
        for candidate in ranked:
            completion = Offered(
                _written(candidate, quote),
                start_position=found.start - len(before),
                display=[(f"class:{candidate.style}" if candidate.style else "", candidate.text)],
                display_meta=candidate.note,
            )
            completion.suffix = candidate.suffix
            yield completion


def _written(candidate: Candidate, quote: str) -> str:
    """How a candidate is typed. Words that mean something to the language keep their meaning."""
    from machsh.shell.complete.line import quoted

    text = candidate.text
    if not quote and text.startswith("$"):
        return text[0] + quoted(text[1:])
    if quote and not candidate.suffix:
        return quoted(text, quote)[:-1]  # the quote stays open: more follows
    return quoted(text, quote)


def unique(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each word once, the first of equal ones."""
    return list({candidate.text: candidate for candidate in reversed(list(candidates))}.values())[::-1]


class SwitchedCompleter(Completer):
    """The line's completer, unless a mode (search, picker) lends its own."""

    def __init__(self, line: LineCompleter, mode: Callable[[], Completer | None]) -> None:
        self.line = line
        self._mode = mode

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What the mode in force offers."""
        return (self._mode() or self.line).get_completions(document, complete_event)

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """What the mode in force offers."""
        completer = self._mode() or self.line
        async for completion in completer.get_completions_async(document, complete_event):
            yield completion
