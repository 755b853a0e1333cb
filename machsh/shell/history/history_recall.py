"""Connects history and suggestions to prompt_toolkit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.history import History as LineHistory

from machsh.shell.history.history import History
from machsh.shell.history.history_suggestion import suggest

READ_SECONDS = 5.0


class PtkHistory(LineHistory):
    """The lines that Up recalls. `redact` returns a line without secrets, or "" if it must not be kept."""

    def __init__(self, history: History, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._history = history
        self._redact = redact

    async def load(self) -> AsyncGenerator[str, None]:
        """Yield the lines, newest first, once the file is read; the prompt does not wait for it."""
        if not self._history.loaded.is_set():
            await asyncio.get_running_loop().run_in_executor(None, self._history.loaded.wait, READ_SECONDS)
        for line in list(self._history.lines()):
            yield line

    def append_string(self, string: str) -> None:
        """Add a line for Up, without its secrets."""
        kept = self._redact(string)
        if kept:
            super().append_string(kept)

    def load_history_strings(self) -> Iterable[str]:
        """Return nothing: `load` yields the lines."""
        return ()

    def store_string(self, string: str) -> None:
        """Do nothing: the shell stores each line with its machine and folder."""


class HistoryAutoSuggest(AutoSuggest):
    """The grey text after the cursor: the rest of the corrected last line, else of a line in history."""

    def __init__(self, history: History | None, machine: Callable[[], str]) -> None:
        self.correction = ""
        """The correction of the last line; typing other text does not clear it."""
        self._history = history
        self._machine = machine

    def corrected(self, text: str) -> str:
        """Return the rest of the corrected line after `text`; empty if it does not start with `text`."""
        fits = self.correction.startswith(text) and self.correction != text
        return self.correction[len(text) :] if fits else ""

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """Return a suggestion for the rest of the text, or None; reads memory only."""
        text = self.corrected(document.text)
        if not text and self._history is not None:
            text = suggest(document.text, self._history.entries, self._machine())
        return Suggestion(text) if text else None
