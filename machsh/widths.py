"""How many columns text takes on a terminal."""

from __future__ import annotations


def width(text: str) -> int:
    """Columns of a text; letters of Asian scripts take two, marks above a letter none."""
    if text.isascii():
        return len(text)
    from wcwidth import wcwidth

    return sum(max(0, wcwidth(letter)) for letter in text)
