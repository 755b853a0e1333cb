"""The history file. It is SQLite, so that shells running side by side lose no lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.files import PRIVATE_FILE, make_private_folder

if TYPE_CHECKING:
    import sqlite3

LOCK_SECONDS = 2.0
READ = 10_000
"""At most this many lines are read into memory at start, so that searching stays fast."""
KEPT = 100_000
"""Default number of lines kept in the file."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, session TEXT NOT NULL, machine TEXT NOT NULL,
    folder TEXT NOT NULL, text TEXT NOT NULL, code INTEGER, seconds REAL
)"""

_SOUND = (
    "typeof(text) = 'text' AND typeof(machine) = 'text' AND typeof(folder) = 'text' "
    "AND typeof(session) = 'text' AND typeof(time) = 'real' "
    "AND typeof(code) IN ('integer', 'null') AND typeof(seconds) IN ('real', 'null')"
)
"""Selects well-formed rows: SQLite accepts any type of value in any column."""


@dataclass(slots=True)
class HistoryEntry:
    """One line that was run, and its result."""

    text: str
    machine: str = ""
    folder: str = ""
    session: str = ""
    time: float = 0.0
    """Seconds since the epoch."""
    code: int | None = None
    """Exit code; None while the line runs, or if its shell was killed."""
    seconds: float = 0.0
    row: int = 0
    """Row number in the file; 0 if it is not stored."""


class HistoryFile:
    """The history file, for use from one thread. Methods raise MachshError if the file cannot be used."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        """Keep the latest `kept` lines; `read` deletes older ones."""
        self.path = path
        self._kept = kept
        self._connection: sqlite3.Connection | None = None

    def read(self, limit: int = READ) -> list[HistoryEntry]:
        """Return the latest `limit` lines, oldest first, without malformed rows."""
        with self._connected() as connection:
            connection.execute(
                "DELETE FROM line WHERE id <= (SELECT id FROM line ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (self._kept,),
            )
            rows = connection.execute(
                "SELECT text, machine, folder, session, time, code, seconds, id "
                f"FROM line WHERE {_SOUND} ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [
            HistoryEntry(text, machine, folder, session, time, code, seconds or 0.0, row)
            for text, machine, folder, session, time, code, seconds, row in reversed(rows)
        ]

    def add(self, entry: HistoryEntry) -> None:
        """Store a line before it runs, so that it survives a killed shell; set `entry.row`."""
        with self._connected() as connection:
            cursor = connection.execute(
                "INSERT INTO line (time, session, machine, folder, text) VALUES (?, ?, ?, ?, ?)",
                (entry.time, entry.session, entry.machine, entry.folder, entry.text),
            )
            entry.row = cursor.lastrowid or 0

    def finish(self, entry: HistoryEntry) -> None:
        """Store a line's exit code and time."""
        with self._connected() as connection:
            connection.execute(
                "UPDATE line SET code = ?, seconds = ? WHERE id = ?", (entry.code, entry.seconds, entry.row)
            )

    def forget(self, rows: Iterable[int]) -> None:
        """Delete rows and erase their content from the file."""
        with self._connected() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executemany("DELETE FROM line WHERE id = ?", [(row,) for row in rows])
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            import sqlite3
        except ImportError as error:
            raise MachshError("this Python has no sqlite3: history lasts for this session only") from error
        try:
            if self._connection is None:
                self._connection = self._open()
            yield self._connection
        except (sqlite3.Error, OSError, MachshError) as error:
            raise MachshError(
                f"history is not kept: {self.path}: {error}",
                hint="move the file away to begin a new one; until then history lasts for this session only",
            ) from error

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        make_private_folder(self.path.parent)
        if self.path.exists() and not self.path.is_file():
            raise MachshError("not a regular file")
        connection = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        self.path.chmod(PRIVATE_FILE)
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_SCHEMA)
            connection.execute("PRAGMA user_version = 1")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection
