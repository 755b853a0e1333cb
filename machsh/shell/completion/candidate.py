"""One thing that can stand where the cursor is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word to offer, with what the menu says about it."""

    text: str
    """What is inserted, unquoted."""
    note: str = ""
    """The grey words beside it: a summary, a state, a default."""
    style: str = ""
    """Class of the shell's style for the word, such as `state.running`."""
    suffix: str = " "
    """What follows once it is chosen alone: a space; nothing after a folder or `--option=`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Candidates of one kind from one source."""

    kind: str
    source: str
    """Where they come from, for `complete --explain`."""
    candidates: tuple[Candidate, ...] = ()
    age: float | None = None
    """Seconds since they were true; None for what does not age."""
    is_pending: bool = False
    """Whether a worker is still getting them, or getting them anew: asking again shortly may bring more."""
    reason: str = ""
    """Why there may be nothing to offer, for the toolbar."""
    is_old: bool = False
    """Whether they may no longer be true and nothing newer is on its way: none is chosen alone."""


@dataclass(slots=True)
class CompletionResult:
    """Everything offered for one cursor position."""

    typed: str = ""
    """The part of the word before the cursor, unquoted."""
    start: int = 0
    """Where that part starts in the text, in characters."""
    offers: list[Offer] = field(default_factory=list)

    @property
    def is_pending(self) -> bool:
        """Whether any offer is still being filled."""
        return any(offer.is_pending for offer in self.offers)

    @property
    def is_old(self) -> bool:
        """Whether any candidate may no longer be true: then none is chosen alone."""
        return any(offer.is_old for offer in self.offers)

    @property
    def reason(self) -> str:
        """Why nothing is offered; empty when nobody knows."""
        if self.is_pending:
            return "still loading: Tab again in a moment"
        return next((offer.reason for offer in self.offers if offer.reason), "")

    def candidates(self) -> list[Candidate]:
        """The candidates of all offers, in order."""
        return [candidate for offer in self.offers for candidate in offer.candidates]
