"""The colours in prompt_toolkit's words."""

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
    """Colours a line. A mistake in it costs the colours, never the prompt."""

    def __init__(self, sources: Callable[[], Sources], news: Callable[[], int]) -> None:
        self._sources = sources
        self._news = news
        self.on_error: Callable[[Exception], None] = lambda error: None

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The coloured pieces of each line."""
        if not document.text:
            return lambda number: []
        from machsh.shell.highlighting import spans

        try:
            lines = paint(document.text, spans(document.text, self._sources(), is_typing=True))
        except Exception as error:  # colours are never worth the prompt
            self.on_error(error)
            lines = [[("", line)] for line in document.lines]
        return lambda number: lines[number] if number < len(lines) else []

    def invalidation_hash(self) -> int:
        """Changes when something that colours depend on has arrived."""
        return self._news()


def paint(text: str, found: list[Span]) -> list[StyleAndTextTuples]:
    """The pieces of each line of a text, from spans of the whole."""
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
