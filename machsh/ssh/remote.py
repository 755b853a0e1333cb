"""Command lines of ours as error texts show them."""

from __future__ import annotations

SHOWN = 80
"""How much of a command stands in an error text."""


def short(line: str) -> str:
    """A command line for an error text: its first line, not too long."""
    first = line.strip().partition("\n")[0]
    return first if len(first) <= SHOWN and first == line.strip() else f"{first[:SHOWN].rstrip()}..."
