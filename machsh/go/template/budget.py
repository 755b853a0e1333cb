"""How much a template may print and do, so that no template takes the computer's memory or an hour."""

from __future__ import annotations

from collections.abc import Iterable

from machsh.go.template.errors import CallError

LONGEST_TEXT = 1 << 20
"""Characters that one call may give; enough for Go's largest width."""
LONGEST_OUTPUT = 1 << 24
MOST_WORK = 500_000
"""Nodes and calls of one run; a long text counts for more."""
_CHARACTERS_PER_STEP = 500


class Budget:
    """What one run of a template has used."""

    def __init__(self) -> None:
        self._work = 0
        self._printed = 0

    def step(self, text: object = "") -> str:
        """Count a step that made `text`; why the run must end, or nothing."""
        self._work += 1 + (len(text) // _CHARACTERS_PER_STEP if isinstance(text, str) else 0)
        return "template does too much" if self._work > MOST_WORK else ""

    def print(self, text: str) -> str:
        """Count output; why the run must end, or nothing."""
        self._printed += len(text)
        return "output too long" if self._printed > LONGEST_OUTPUT else ""


def check_length(length: int) -> None:
    """Raise CallError for a text that would become too long."""
    if length > LONGEST_TEXT:
        raise CallError(f"result too long: more than {LONGEST_TEXT} characters")


def joined(pieces: Iterable[str]) -> str:
    """The pieces as one text. Raises CallError before it becomes too long."""
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        check_length(length)
        kept.append(piece)
    return "".join(kept)
