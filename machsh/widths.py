"""The width of text on a terminal."""

from __future__ import annotations


def width(text: str) -> int:
    """Return the number of terminal columns of a text; wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from wcwidth import wcwidth

    return sum(max(0, wcwidth(letter)) for letter in text)
