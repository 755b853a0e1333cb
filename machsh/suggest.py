"""Words that were probably meant instead of one that means nothing."""

from __future__ import annotations

from collections.abc import Iterable

CREATING = frozenset(
    "create run init build deploy import load up commit push tag rename update install-alias".split()
)
DESTROYING = frozenset(
    "rm rmi remove kill prune down leave demote disable uninstall stop restart upgrade pause provision "
    "regenerate-certs trust".split()
)
"""Words that are never guessed: what they do cannot be undone, or interrupts what runs."""
SURE = 0.75
"""How alike (0 to 1) a word must be to one that creates or destroys, for a hint to name it."""
MOST = 3
ALIKE = 0.6
"""How alike (0 to 1) a word must be to be suggested."""


def close_words(word: str, known: Iterable[str], *, alike: float = ALIKE) -> list[str]:
    """Up to three known words like `word`, the most likely first; upper and lower case are the same."""
    import difflib  # late: most commands make no mistake

    lowered = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), lowered, n=MOST, cutoff=alike)
    return [
        lowered[name] for name in close if lowered[name] not in CREATING | DESTROYING or _is_sure(word, name)
    ]


def _is_sure(word: str, name: str) -> bool:
    """Whether a word is meant for one that creates or destroys: nearly the same, or only in another order."""
    import difflib

    return (
        sorted(word.lower()) == sorted(name)
        or difflib.SequenceMatcher(None, word.lower(), name).ratio() >= SURE
    )


def did_you_mean(word: str, known: Iterable[str], *, prefix: str = "", alike: float = ALIKE) -> str:
    """A hint such as `did you mean stop or start?`; "" when no known word comes close.

    `prefix` is put before each word, such as `--` for options.
    """
    close = close_words(word, known, alike=alike)
    return f"did you mean {' or '.join(prefix + one for one in close)}?" if close else ""
