"""Did-you-mean suggestions for unknown words."""

from __future__ import annotations

from collections.abc import Iterable

CREATING = frozenset(
    "create run init build deploy import load up commit push tag rename update install-alias".split()
)
DESTROYING = frozenset(
    "rm rmi remove kill prune down leave demote disable uninstall stop restart upgrade pause provision "
    "regenerate-certs trust".split()
)
"""Commands whose effect cannot be undone or interrupts a workload; suggested only if very similar."""
SURE = 0.75
"""Minimum similarity (0 to 1) for suggesting a command that creates or destroys something."""
MOST = 3
ALIKE = 0.6
"""Minimum similarity (0 to 1) for suggesting any other word."""


def close_words(word: str, known: Iterable[str], *, alike: float = ALIKE) -> list[str]:
    """Return up to three known words similar to `word`, the most similar first, ignoring case."""
    import difflib  # late: needed only after a mistake

    lowered = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), lowered, n=MOST, cutoff=alike)
    return [
        lowered[name] for name in close if lowered[name] not in CREATING | DESTROYING or _is_sure(word, name)
    ]


def _is_sure(word: str, name: str) -> bool:
    """Whether `word` is close enough to `name` to suggest it: very similar, or the same letters reordered."""
    import difflib

    return (
        sorted(word.lower()) == sorted(name)
        or difflib.SequenceMatcher(None, word.lower(), name).ratio() >= SURE
    )


def did_you_mean(word: str, known: Iterable[str], *, prefix: str = "", alike: float = ALIKE) -> str:
    """Return a hint such as `did you mean stop or start?`, or "" if no known word is similar.

    `prefix` is written before each word, for example `--` for options.
    """
    close = close_words(word, known, alike=alike)
    return f"did you mean {' or '.join(prefix + one for one in close)}?" if close else ""
