"""Candidates for the cursor position, and the offers that group them by source."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word to offer, with what the menu shows about it."""

    text: str
    """The text to insert, unquoted."""
    note: str = ""
    """The grey text beside it: a summary, a state, a default."""
    style: str = ""
    """The word's style class, such as `state.running`."""
    suffix: str = " "
    """The text to insert after a chosen word: a space; empty after a folder or `--option=`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Candidates of one kind from one source."""

    kind: str
    source: str
    """Where they come from, for `complete --explain`."""
    candidates: tuple[Candidate, ...] = ()
    age: float | None = None
    """Seconds since they were known to be true; None if they do not age."""
    is_pending: bool = False
    """Whether a worker is loading or renewing them, so that asking again shortly may bring more."""
    reason: str = ""
    """Why there may be nothing to offer, for the toolbar."""
    is_old: bool = False
    """Whether they may be out of date with nothing newer on its way; none is inserted without the menu."""


@dataclass(slots=True)
class CompletionResult:
    """Everything offered at one cursor position."""

    typed: str = ""
    """The part of the word before the cursor, unquoted."""
    start: int = 0
    """Where that part starts in the text, in characters."""
    offers: list[Offer] = field(default_factory=list)

    @property
    def is_pending(self) -> bool:
        """Whether any offer is pending."""
        return any(offer.is_pending for offer in self.offers)

    @property
    def is_old(self) -> bool:
        """Whether any candidate may be out of date; then none is inserted without the menu."""
        return any(offer.is_old for offer in self.offers)

    @property
    def reason(self) -> str:
        """Why nothing is offered; empty if unknown."""
        if self.is_pending:
            return "still loading: Tab again in a moment"
        return next((offer.reason for offer in self.offers if offer.reason), "")

    def candidates(self) -> list[Candidate]:
        """Return the candidates of all offers, in order."""
        return [candidate for offer in self.offers for candidate in offer.candidates]
