"""Which candidates fit what was typed, best first.

Four tiers: prefix, start of a word inside the name, anywhere inside, letters in order. Within a tier the
name used last comes first, then the shorter stretch of letters, then the given order. Plain string calls keep
ten thousand names within twenty milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from machsh.shell.complete.candidate import Candidate

LIMIT = 200
"""Nobody reads further down a menu."""


def rank(
    candidates: Sequence[Candidate], typed: str, recency: Mapping[str, int] | None = None
) -> list[Candidate]:
    """The candidates that fit `typed`, best first, at most LIMIT. Upper case counts as lower case.

    `recency` maps a name to when it was last used: the higher, the later.
    """
    used = recency or {}
    if not typed and not used:
        return list(candidates[:LIMIT])
    best: list[int] = []
    tiers = _tiers(candidates, typed.lower()) if typed else [list(range(len(candidates)))]
    for tier in tiers:
        if len(best) < LIMIT:
            best += _recent_first(tier, candidates, used)
    return [candidates[place] for place in best[:LIMIT]]


def _recent_first(places: list[int], candidates: Sequence[Candidate], used: Mapping[str, int]) -> list[int]:
    """The places in their order, behind those of names that were used; only these few are sorted."""
    if not used:
        return places
    recent = [place for place in places if candidates[place].text in used]
    if not recent:
        return places
    recent.sort(key=lambda place: -used[candidates[place].text])
    return [*recent, *(place for place in places if candidates[place].text not in used)]


def _tiers(candidates: Sequence[Candidate], typed: str) -> list[list[int]]:
    """The places of those that fit, by tier. One plain loop: a call per name costs more than matching."""
    prefix: list[int] = []
    word_start: list[int] = []
    inside: list[int] = []
    scattered: list[tuple[int, int]] = []
    is_word, first, rest = typed[0].isalnum(), typed[0], typed[1:]
    for place, candidate in enumerate(candidates):
        text = candidate.text.lower()
        at = text.find(typed)
        if at == 0:
            prefix.append(place)
        elif at > 0:
            is_start = is_word and (not text[at - 1].isalnum() or _starts_word(text, typed, at))
            (word_start if is_start else inside).append(place)
        else:
            start = text.find(first)
            end = start + 1
            for letter in rest:
                if not end:
                    break
                end = text.find(letter, end) + 1
            if end:
                scattered.append((end - start, place))
    scattered.sort()
    return [prefix, word_start, inside, [place for _, place in scattered]]


def _starts_word(text: str, typed: str, at: int) -> bool:
    """Whether `typed`, found at a place inside of the text, begins a word there or further on."""
    while at > 0:
        if not text[at - 1].isalnum():
            return True
        at = text.find(typed, at + 1)
    return False
