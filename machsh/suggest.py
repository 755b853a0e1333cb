"""Words that were probably meant instead of one that means nothing."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 3
ALIKE = 0.6
"""How alike (0 to 1) a word must be to be suggested."""


def close_words(word: str, known: Iterable[str], *, alike: float = ALIKE) -> list[str]:
    """Up to three known words like `word`, the most likely first; upper and lower case are the same."""
    import difflib  # late: most commands make no mistake

    lowered = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), lowered, n=MOST, cutoff=alike)
    return [lowered[name] for name in close]


def did_you_mean(word: str, known: Iterable[str], *, prefix: str = "", alike: float = ALIKE) -> str:
    """A hint such as `did you mean stop or start?`; "" when no known word comes close.

    `prefix` is put before each word, such as `--` for options.
    """
    close = close_words(word, known, alike=alike)
    return f"did you mean {' or '.join(prefix + one for one in close)}?" if close else ""
