"""The error for a faulty text, with its place."""

from __future__ import annotations

from machsh.errors import UsageError
from machsh.language.source import SourceText
from machsh.secrets import redacted
from machsh.widths import width


class LanguageError(UsageError):
    """A text that cannot be parsed or run, with the place of the fault."""

    def __init__(
        self,
        message: str,
        source: SourceText,
        span: tuple[int, int],
        *,
        hint: str = "",
        is_incomplete: bool = False,
    ) -> None:
        """`span` is the faulty piece, in offsets. `is_incomplete` means that more text could complete it."""
        super().__init__(message, hint=hint)
        self.source = source
        self.span = span
        self.is_incomplete = is_incomplete

    @property
    def file(self) -> str:
        """The file's name; empty for a typed line."""
        return self.source.file

    @property
    def line(self) -> int:
        """The line number, from 1."""
        return self.source.place(self.span[0])[0]

    @property
    def column(self) -> int:
        """The column number, from 1."""
        return self.source.place(self.span[0])[1]

    @property
    def picture(self) -> str:
        """The line, with secrets replaced by stars, and carets under the faulty piece."""
        row = redacted(self.source.row(self.span[0]), keeps_length=True)
        before = row[: self.column - 1]
        length = max(1, min(self.span[1] - self.span[0], len(row) - len(before)))
        indent = "".join(letter if letter == "\t" else " " * width(letter) for letter in before)
        return f"{row}\n{indent}{'^' * width(row[len(before) :][:length]) or '^'}"
