"""Reports bugs in completion, colours and background threads: each once, never fatal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Report = Callable[[BaseException], Path | None]
"""Writes a crash report; returns its path, or None if it could not be written."""


class Troubles:
    """Collects exceptions: the first of each kind gets a crash report and one line at the next prompt."""

    def __init__(self, tell: Callable[[str], None], report: Report = lambda error: None) -> None:
        self.lines: list[str] = []
        """One line per kind of exception, for `complete --explain`."""
        self._tell = tell
        self._report = report
        self._seen: set[tuple[str, type, str]] = set()

    def of(self, what: str) -> Callable[[Exception], None]:
        """Return a function that records exceptions of one part of the shell, named `what`."""
        return lambda error: self.add(what, error)

    def add(self, what: str, error: BaseException) -> None:
        """Record an exception; ignore one of the same type from the same place."""
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else ""
        key = (what, type(error), where)
        if key in self._seen:
            return
        self._seen.add(key)
        line = f"{what} failed: {type(error).__name__}: {error}"
        self.lines.append(line)
        path = self._report(error)
        self._tell(f"{line}; a report is in {path}" if path else line)
