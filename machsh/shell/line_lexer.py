"""Connects the highlighting to prompt_toolkit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

if TYPE_CHECKING:
    from machsh.shell.completion.sources import Sources
    from machsh.shell.highlighting import Span


class LineLexer(Lexer):
    """Colours a line. If that fails, the line has no colours and `on_error` gets the exception."""

    def __init__(self, sources: Callable[[], Sources], news: Callable[[], int]) -> None:
        self._sources = sources
        self._news = news
        self.on_error: Callable[[Exception], None] = lambda error: None

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return a function from line number to the line's coloured pieces."""
        if not document.text:
            return lambda number: []
        from machsh.shell.highlighting import spans

        try:
            lines = paint(document.text, spans(document.text, self._sources(), is_typing=True))
        except Exception as error:  # a bug in the colours must not end the prompt
            self.on_error(error)
            lines = [[("", line)] for line in document.lines]
        return lambda number: lines[number] if number < len(lines) else []

    def invalidation_hash(self) -> int:
        """Return a number that changes when the data behind the colours does."""
        return self._news()


def paint(text: str, found: list[Span]) -> list[StyleAndTextTuples]:
    """Return the styled pieces of each line of a text; `found` are spans of the whole text."""
    pieces: StyleAndTextTuples = []
    at = 0
    for span in found:
        if span.start < at:
            continue
        pieces.append(("", text[at : span.start]))
        pieces.append((f"class:{span.style}" if span.style else "", text[span.start : span.end]))
        at = span.end
    pieces.append(("", text[at:]))
    return _by_line(pieces)


def _by_line(pieces: StyleAndTextTuples) -> list[StyleAndTextTuples]:
    lines: list[StyleAndTextTuples] = [[]]
    for piece in pieces:
        first, *more = piece[1].split("\n")
        lines[-1].append((piece[0], first))
        for part in more:
            lines.append([(piece[0], part)])
    return lines
