"""Which candidates fit what was typed, best first.

Four tiers: prefix, start of a word inside the name, anywhere inside, letters in order. Within a tier the
name used last comes first, then the shorter stretch of letters, then the given order. Plain string calls keep
ten thousand names within twenty milliseconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence

from machsh.shell.complete.candidate import Candidate

LIMIT = 200
"""Nobody reads further down a menu."""

PREFIX, WORD_START, INSIDE, SCATTERED = range(4)

Score = tuple[int, int, int, int]
"""Tier, use, stretch of letters, place in the given order: less is better."""


def rank(
    candidates: Sequence[Candidate], typed: str, recency: Mapping[str, int] | None = None
) -> list[Candidate]:
    """The candidates that fit `typed`, best first, at most LIMIT. Upper case counts as lower case.

    `recency` maps a name to when it was last used: the higher, the later.
    """
    used = recency or {}
    if not typed:
        scored = _unscored(candidates, used)
    else:
        scored = list(_scored(candidates, typed.lower(), used))
    best = heapq.nsmallest(LIMIT, scored) if len(scored) > LIMIT else sorted(scored)
    return [candidates[score[3]] for score in best]


def _unscored(candidates: Sequence[Candidate], used: Mapping[str, int]) -> list[Score]:
    """Nothing is typed: the given order, behind what was used."""
    if not used:
        return [(PREFIX, 0, 0, place) for place in range(min(LIMIT, len(candidates)))]
    return [(PREFIX, -used.get(candidate.text, 0), 0, place) for place, candidate in enumerate(candidates)]


def _scored(candidates: Sequence[Candidate], typed: str, used: Mapping[str, int]) -> Iterator[Score]:
    """The scores of those that fit. One plain loop: a call per name would cost more than the matching."""
    first, rest = typed[0], typed[1:]
    for place, candidate in enumerate(candidates):
        text = candidate.text.lower()
        at = text.find(typed)
        if at == 0:
            yield PREFIX, -used.get(candidate.text, 0), 0, place
        elif at > 0:
            tier = WORD_START if _starts_word(text, typed, at) else INSIDE
            yield tier, -used.get(candidate.text, 0), 0, place
        else:
            start = text.find(first)
            end = start + 1
            for letter in rest:
                if not end:
                    break
                end = text.find(letter, end) + 1
            if end:
                yield SCATTERED, -used.get(candidate.text, 0), end - start, place


def _starts_word(text: str, typed: str, at: int) -> bool:
    """Whether `typed`, found at a place inside of the text, begins a word there or further on."""
    if not typed[0].isalnum():
        return False
    while at > 0:
        if not text[at - 1].isalnum():
            return True
        at = text.find(typed, at + 1)
    return False
