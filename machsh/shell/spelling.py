"""What was meant instead of a word that means nothing."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 3


def suggest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three known words that `word` may have been meant to be, the most likely first."""
    import difflib

    lowered = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), lowered, n=MOST, cutoff=0.6)
    return [lowered[name] for name in close]


def replaced(text: str, start: int, end: int, word: str) -> str:
    """The text with the word between two places exchanged."""
    return text[:start] + word + text[end:]
