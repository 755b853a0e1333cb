"""Connects completion to prompt_toolkit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from machsh.output.terminal_text import clean_line

if TYPE_CHECKING:
    from machsh.shell.completion.candidate import Candidate, CompletionResult
    from machsh.shell.completion.sources import Sources

PATIENCE_SECONDS = 1.5
"""How long completion waits for a worker; keys work meanwhile."""
LOOK_SECONDS = 0.02


class Offered(Completion):
    """A completion with `suffix`, the text to insert after it once it is chosen."""

    suffix = " "


@dataclass(frozen=True, slots=True)
class RankedResult:
    """The completions of a text, best first."""

    completions: list[Completion] = field(default_factory=list)
    is_pending: bool = False
    """Whether more, or others, may arrive."""
    is_old: bool = False
    reason: str = ""
    """Why there are none."""

    @property
    def is_sure(self) -> bool:
        """Whether a completion may be inserted without showing the menu."""
        return not self.is_pending and not self.is_old


class LineCompleter(Completer):
    """Completes machsh's lines. If that fails, there is no menu and `on_error` gets the exception."""

    def __init__(self, sources: Callable[[], Sources]) -> None:
        self.sources = sources
        self.on_error: Callable[[Exception], None] = lambda error: None
        self._ready: tuple[str, RankedResult] | None = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Return the completions known now."""
        return iter(self.found(document.text_before_cursor).completions)

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Yield the completions, after a short wait for pending ones."""
        ready, self._ready = self._ready, None
        if ready is None or ready[0] != document.text_before_cursor:
            ready = (document.text_before_cursor, await self.wait(document.text_before_cursor))
        for completion in ready[1].completions:
            yield completion

    def keep(self, before: str, found: RankedResult) -> None:
        """Use `found` for the menu that opens next, instead of completing the same text again."""
        self._ready = (before, found)

    async def wait(self, before: str, patience: float = PATIENCE_SECONDS) -> RankedResult:
        """Return the completions once nothing is pending or `patience` seconds are over."""
        self._ready = None
        found = RankedResult()
        for looked, is_last in looks(lambda: self.found(before), patience):
            found = looked
            if not is_last:
                await asyncio.sleep(LOOK_SECONDS)
        return found

    def found(self, before: str) -> RankedResult:
        """Return the ranked completions known now. Reads memory only."""
        from machsh.shell.completion.lookup import answer
        from machsh.shell.completion.ranking import rank

        try:
            sources = self.sources()
            found = answer(before, sources)
            candidates = unique(found)
            ranked = rank(candidates, found.typed, sources.used)
            completions = list(self._shown(found, ranked, before))
            reason = found.reason
            if candidates and not ranked:
                reason = f"nothing fits {found.typed}"
            return RankedResult(completions, found.is_pending, found.is_old, reason)
        except Exception as error:  # a completer's bug must never end the prompt
            self.on_error(error)
            return RankedResult(reason="completion failed")

    def _shown(self, found: CompletionResult, ranked: list[Candidate], before: str) -> Iterator[Completion]:
        from machsh.shell.completion.line import cursor_context

        quote = cursor_context(before).quote
        for candidate in ranked:
            completion = Offered(
                _written(candidate, quote),
                start_position=found.start - len(before),
                display=[(f"class:{candidate.style}" if candidate.style else "", clean_line(candidate.text))],
                display_meta=clean_line(candidate.note),
            )
            completion.suffix = candidate.suffix
            yield completion


Looked = TypeVar("Looked", bound="Pending")


class Pending(Protocol):
    """A result that may still be incomplete."""

    @property
    def is_pending(self) -> bool:
        """Whether another look may find more."""


def looks(look: Callable[[], Looked], seconds: float) -> Iterator[tuple[Looked, bool]]:
    """Call `look` until nothing is pending or `seconds` are over; yield each result and if it is the last."""
    ends = time.monotonic() + seconds
    found = look()
    while found.is_pending and time.monotonic() < ends:
        yield found, False
        found = look()
    yield found, True


def _written(candidate: Candidate, quote: str) -> str:
    """Return a candidate as it must be typed: quoted, except for the `$` of a variable."""
    from machsh.shell.completion.line import quoted

    text = candidate.text
    if not quote and text.startswith("$"):
        return text[0] + quoted(text[1:])
    if quote and not candidate.suffix:
        return quoted(text, quote)[:-1]  # the quote stays open: more follows
    return quoted(text, quote)


def unique(found: CompletionResult) -> Sequence[Candidate]:
    """Return the candidates without duplicates; the first one stays. A single source has none."""
    filled = [offer for offer in found.offers if offer.candidates]
    if len(filled) == 1:
        return filled[0].candidates
    return list({candidate.text: candidate for candidate in reversed(found.candidates())}.values())[::-1]


class SwitchedCompleter(Completer):
    """Uses the completer of the current mode (search, picker) if there is one, else the line's."""

    def __init__(self, line: LineCompleter, mode: Callable[[], Completer | None]) -> None:
        self.line = line
        self._mode = mode

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Return the completions of the current completer."""
        return (self._mode() or self.line).get_completions(document, complete_event)

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Yield the completions of the current completer."""
        completer = self._mode() or self.line
        async for completion in completer.get_completions_async(document, complete_event):
            yield completion
