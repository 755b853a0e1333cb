"""Limits a template's output and work, so that no template exhausts memory or runs for hours."""

from __future__ import annotations

from collections.abc import Iterable

from machsh.go.template.errors import CallError

LONGEST_TEXT = 1 << 20
"""Maximum length of one call's result, in characters; enough for Go's largest width."""
LONGEST_OUTPUT = 1 << 24
MOST_WORK = 500_000
"""Maximum number of nodes and calls in one run; a long text counts as several."""
_CHARACTERS_PER_STEP = 500


class Budget:
    """The work and output of one run so far."""

    def __init__(self) -> None:
        self._work = 0
        self._printed = 0

    def step(self, text: object = "") -> str:
        """Count a step that produced `text`. Return the reason to stop the run, or ""."""
        self._work += 1 + (len(text) // _CHARACTERS_PER_STEP if isinstance(text, str) else 0)
        return "template does too much" if self._work > MOST_WORK else ""

    def print(self, text: str) -> str:
        """Count output. Return the reason to stop the run, or ""."""
        self._printed += len(text)
        return "output too long" if self._printed > LONGEST_OUTPUT else ""


def check_length(length: int) -> None:
    """Raise CallError if a result of this length, in characters, is too long."""
    if length > LONGEST_TEXT:
        raise CallError(f"result too long: more than {LONGEST_TEXT} characters")


def joined(pieces: Iterable[str]) -> str:
    """Join the pieces. Raises CallError as soon as they are too long."""
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        check_length(length)
        kept.append(piece)
    return "".join(kept)
