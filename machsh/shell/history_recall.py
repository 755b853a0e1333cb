"""History and suggestion in prompt_toolkit's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.history import History as LineHistory

from machsh.shell.history import History
from machsh.shell.history_suggestion import suggest

READ_SECONDS = 5.0


class PtkHistory(LineHistory):
    """The lines that Up brings back. `redact` gives what may be kept of a line, empty for nothing."""

    def __init__(self, history: History, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._history = history
        self._redact = redact

    async def load(self) -> AsyncGenerator[str, None]:
        """The lines, newest first, once the file is read; the prompt does not wait for it."""
        if not self._history.loaded.is_set():
            await asyncio.get_running_loop().run_in_executor(None, self._history.loaded.wait, READ_SECONDS)
        for line in list(self._history.lines()):
            yield line

    def append_string(self, string: str) -> None:
        """Keep a line for Up, without its secrets."""
        kept = self._redact(string)
        if kept:
            super().append_string(kept)

    def load_history_strings(self) -> Iterable[str]:
        """Nothing: `load` does it."""
        return ()

    def store_string(self, string: str) -> None:
        """Nothing: the shell writes each line with its machine and folder."""


class HistoryAutoSuggest(AutoSuggest):
    """The grey text behind the cursor: the corrected last line, else a line of the history."""

    def __init__(self, history: History | None, machine: Callable[[], str]) -> None:
        self.correction = ""
        """What was likely meant by the line before; typing something else forgets nothing of it."""
        self._history = history
        self._machine = machine

    def corrected(self, text: str) -> str:
        """The rest of the corrected line behind `text`; empty when the text is no beginning of it."""
        fits = self.correction.startswith(text) and self.correction != text
        return self.correction[len(text) :] if fits else ""

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """What would complete the text, from memory."""
        text = self.corrected(document.text)
        if not text and self._history is not None:
            text = suggest(document.text, self._history.entries, self._machine())
        return Suggestion(text) if text else None
