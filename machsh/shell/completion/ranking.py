"""Ranks the candidates that match the typed text, best first.

Four tiers: prefix, start of a word inside the name, anywhere inside, letters in order. Within a tier the
names used last come first, then (in the last tier) the shorter stretch of letters, then the given order.

Each tier is computed for all names at once, and only if the tiers before it do not fill the menu. Ten
thousand names take some milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from machsh.shell.completion.candidate import Candidate

LIMIT = 200
"""Maximum length of the menu; nobody reads further down."""


def rank(
    candidates: Sequence[Candidate], typed: str, recency: Mapping[str, int] | None = None
) -> list[Candidate]:
    """Return the candidates that match `typed`, best first, at most LIMIT. Case is ignored.

    `recency` maps a name to when it was last used: higher is later.
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
    """Move the indexes of names that were used to the front, latest first; sorts only these few."""
    if not used:
        return places
    recent = [place for place in places if candidates[place].text in used]
    if not recent:
        return places
    recent.sort(key=lambda place: -used[candidates[place].text])
    return [*recent, *(place for place in places if candidates[place].text not in used)]


def _tiers(texts: Sequence[str], typed: str) -> Iterator[list[int]]:
    """Yield the indexes of the texts that match, tier by tier."""
    holding = [place for place, text in enumerate(texts) if typed in text]
    yield [place for place in holding if texts[place].startswith(typed)]
    inside = [place for place in holding if not texts[place].startswith(typed)]
    begins_word = _word_start(typed)
    at_words = {place for place in inside if begins_word(texts[place])}
    yield [place for place in inside if place in at_words]
    yield [place for place in inside if place not in at_words]
    yield _scattered(texts, typed)


def _word_start(typed: str) -> Callable[[str], object]:
    """Return a test: does a text contain `typed` without a letter or digit before it?"""
    if not typed[:1].isalnum():
        return lambda text: False
    letters = re.escape(typed)
    return re.compile(f"{letters}(?<![^\\W_]{letters})").search


def _scattered(texts: Sequence[str], typed: str) -> list[int]:
    """Return the indexes of texts that contain the letters of `typed` in order but not together."""
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
