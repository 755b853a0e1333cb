"""The history of lines, with machine and result: in memory at once, on disk a moment later.

One daemon thread reads and writes the file, so the prompt never waits for it. If the file cannot be used,
the history lasts for the session only and `trouble` says why.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path

from machsh.errors import MachshError
from machsh.shell.history.history_store import KEPT, HistoryEntry, HistoryFile

FILE_NAME = "history.sqlite"
_Work = Callable[[], None]


class HistoryScope(Enum):
    """Which lines a search covers."""

    ALL = "all"
    MACHINE = "this machine"
    SESSION = "this session"

    @property
    def next(self) -> HistoryScope:
        """The scope to use when Ctrl-R is pressed again."""
        scopes = list(HistoryScope)
        return scopes[(scopes.index(self) + 1) % len(scopes)]


class History:
    """The lines in the file, from all shells, followed by this session's; newest last."""

    def __init__(
        self, path: Path, session: str, now: Callable[[], float] = time.time, kept: int = KEPT
    ) -> None:
        """`kept` is the number of lines kept in the file."""
        self.entries: list[HistoryEntry] = []
        self.trouble = ""
        """Why lines are not stored on disk; empty while they are."""
        self.loaded = threading.Event()
        self._session = session
        self._now = now
        self._file: HistoryFile | None = HistoryFile(path, kept)
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="history", daemon=True)

    def start(self) -> None:
        """Start to read the file in the background."""
        self._thread.start()

    def add(self, text: str, machine: str, folder: str) -> HistoryEntry:
        """Record a line that is about to run; return its entry."""
        entry = HistoryEntry(text, machine, folder, self._session, self._now())
        self.entries.append(entry)
        self._later(lambda file: file.add(entry))
        return entry

    def finish(self, entry: HistoryEntry, code: int, seconds: float) -> None:
        """Record the line's exit code and time."""
        entry.code, entry.seconds = code, seconds
        self._later(lambda file: file.finish(entry))

    def forget(self, entries: Iterable[HistoryEntry]) -> None:
        """Remove entries from memory and from the file."""
        gone = list(entries)
        places = {id(entry) for entry in gone}
        self.entries[:] = [entry for entry in self.entries if id(entry) not in places]
        # Read the row numbers on the thread: those of queued lines are known only after they are written.
        self._later(lambda file: file.forget([entry.row for entry in gone if entry.row]))

    def lines(self, scope: HistoryScope = HistoryScope.ALL, machine: str = "") -> Iterator[str]:
        """Yield the distinct lines of a scope, newest first; HistoryScope.MACHINE means `machine`."""
        seen: set[str] = set()
        for entry in reversed(self.entries):
            if entry.text not in seen and self._is_in(entry, scope, machine):
                seen.add(entry.text)
                yield entry.text

    def close(self, seconds: float = 0.2) -> None:
        """Write the queued lines, for at most `seconds`, and stop the thread."""
        self._work.put(None)
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _is_in(self, entry: HistoryEntry, scope: HistoryScope, machine: str) -> bool:
        if scope is HistoryScope.MACHINE:
            return entry.machine == machine
        return scope is HistoryScope.ALL or entry.session == self._session

    def _later(self, act: Callable[[HistoryFile], None]) -> None:
        def work() -> None:
            if self._file is not None:
                act(self._file)

        self._work.put(work)

    def _serve(self) -> None:
        self._guarded(self._load)
        self.loaded.set()
        while (work := self._work.get()) is not None:
            self._guarded(work)
        if self._file is not None:
            self._file.close()

    def _load(self) -> None:
        if self._file is not None:
            self.entries[:0] = self._file.read()

    def _guarded(self, work: _Work) -> None:
        try:
            work()
        except MachshError as error:
            self.trouble, self._file = self.trouble or str(error), None


def chosen(
    entries: Iterable[HistoryEntry],
    *,
    machine: str = "",
    is_failed: bool = False,
    since: float = 0.0,
    session: str = "",
) -> list[HistoryEntry]:
    """Return the entries that pass all given filters; `since` is in epoch seconds."""
    return [
        entry
        for entry in entries
        if (not machine or entry.machine == machine)
        and (not is_failed or entry.code)
        and entry.time >= since
        and (not session or entry.session == session)
    ]
