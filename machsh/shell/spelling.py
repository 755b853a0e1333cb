"""Corrects the first wrong word of a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from machsh.suggest import CREATING, DESTROYING, close_words

if TYPE_CHECKING:
    from machsh.shell.completion.sources import Sources
    from machsh.shell.highlighting import Wrong

SURE = 0.85
"""Minimum similarity (0 to 1) for correcting a word to a command that creates something."""


def replaced(text: str, start: int, end: int, word: str) -> str:
    """Return the text with `word` in place of the range from `start` to `end`."""
    return text[:start] + word + text[end:]


def correction(text: str, sources: Sources, is_program: Callable[[str], bool]) -> tuple[str, list[str]]:
    """Return the line that was probably meant, or "", and similar options if docker will not list them.

    A program on this computer gets a `!` before it. No line is corrected to a command that destroys
    something, and only a very similar word to one that creates something.
    """
    from machsh.shell.highlighting import first_wrong

    wrong = first_wrong(text, sources)
    if wrong is None or "\n" in text:
        return "", []
    if wrong.what == "command" and not wrong.is_docker and is_program(wrong.word):
        return replaced(text, wrong.start, wrong.start, "!"), []
    likely = close_words(wrong.word, wrong.known)
    reported = likely if wrong.is_docker and wrong.what == "option" else []
    harmless = [word for word in likely if _is_harmless(word, wrong, text)]
    return (replaced(text, wrong.start, wrong.end, harmless[0]) if harmless else ""), reported


def _is_harmless(word: str, wrong: Wrong, text: str) -> bool:
    """Whether the line with `word` creates or destroys nothing that the user did not clearly ask for."""
    from difflib import SequenceMatcher

    from machsh.shell.completion.line import split

    if wrong.what != "command":
        piece = next(
            piece for piece in split(text).pieces for found in piece.words if found.start == wrong.start
        )
        return not DESTROYING.intersection(found.text for found in piece.words[:3])
    if word in CREATING:
        return SequenceMatcher(None, wrong.word.lower(), word).ratio() >= SURE
    return word not in DESTROYING
