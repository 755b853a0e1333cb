"""A text, and the conversion of its offsets to lines and columns."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class SourceText:
    """The text of a line, a file or `-c`, and its name in messages."""

    text: str
    file: str = ""
    """Empty for a line typed at the prompt."""
    line: int = 1
    """The number of the text's first line."""

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def place(self, offset: int) -> tuple[int, int]:
        """Return an offset's line (counted from `line`) and column (counted from 1)."""
        row = bisect_right(self._starts, offset) - 1
        return self.line + row, offset - self._starts[row] + 1

    def row(self, offset: int) -> str:
        """Return the line that contains an offset, without its line end."""
        start = self._starts[bisect_right(self._starts, offset) - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")

    def name(self, offset: int) -> str:
        """Return `FILE:LINE` of an offset; empty for a line typed at the prompt."""
        return f"{self.file}:{self.place(offset)[0]}" if self.file else ""
