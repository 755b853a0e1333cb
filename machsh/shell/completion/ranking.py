"""Which candidates fit what was typed, best first.

Four tiers: prefix, start of a word inside the name, anywhere inside, letters in order. Within a tier the
name used last comes first, then the shorter stretch of letters, then the given order. A tier is looked for
only while the ones before it do not fill the menu, in whole passes over the names: ten thousand take some
milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from machsh.shell.completion.candidate import Candidate

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
    for tier in _tiers([candidate.text.lower() for candidate in candidates], typed.lower()):
        best += _recent_first(tier, candidates, used)
        if len(best) >= LIMIT:
            break
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


def _tiers(texts: Sequence[str], typed: str) -> Iterator[list[int]]:
    """The places of those that fit, tier by tier."""
    holding = [place for place, text in enumerate(texts) if typed in text]
    yield [place for place in holding if texts[place].startswith(typed)]
    inside = [place for place in holding if not texts[place].startswith(typed)]
    begins_word = _word_start(typed)
    at_words = {place for place in inside if begins_word(texts[place])}
    yield [place for place in inside if place in at_words]
    yield [place for place in inside if place not in at_words]
    yield _scattered(texts, typed)


def _word_start(typed: str) -> Callable[[str], object]:
    """A test whether a text has `typed` where no letter or digit stands before it."""
    if not typed[:1].isalnum():
        return lambda text: False
    letters = re.escape(typed)
    return re.compile(f"{letters}(?<![^\\W_]{letters})").search


def _scattered(texts: Sequence[str], typed: str) -> list[int]:
    """The places of texts that hold the letters of `typed` in their order but not together."""
    places = [place for place, text in enumerate(texts) if typed not in text]
    for letter in set(typed):
        places = [place for place in places if letter in texts[place]]
    by_stretch: dict[int, list[int]] = {}
    first, rest = typed[:1], typed[1:]
    for place in places:
        text = texts[place]
        start = text.find(first)
        end = start + 1
        for letter in rest:
            end = text.find(letter, end) + 1
            if not end:
                break
        else:
            by_stretch.setdefault(end - start, []).append(place)
    return [place for stretch in sorted(by_stretch) for place in by_stretch[stretch]]
