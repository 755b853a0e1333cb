"""Files and programs on this computer. A worker lists them; key presses read the last result."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from machsh.regular_file import read_text
from machsh.shell.background import BackgroundWorker
from machsh.shell.completion.candidate import Candidate, Offer

FRESH_SECONDS = 2.0
"""A listing older than this is renewed when it is used."""
LARGEST_TEXT = 1 << 18
"""Of a file that is read for its words, in bytes."""
MOST = 20_000
"""At most this many entries of a folder are read."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a folder at one moment."""

    entries: tuple[tuple[str, bool], ...]
    """Name, and whether it is a folder; sorted."""
    time: float
    """When the listing began (monotonic seconds)."""
    error: str = ""


class Folders:
    """Listings by folder. `folder` returns the folder that relative paths start from."""

    def __init__(self, worker: BackgroundWorker, folder: Callable[[], str], home: str) -> None:
        self._worker = worker
        self._folder = folder
        self._home = home
        self._listings: dict[str, Listing] = {}
        self._texts: dict[str, tuple[str, float]] = {}
        """File -> its text, and when it was read (monotonic seconds)."""
        self._expired = 0.0
        """Listings made before this moment (monotonic seconds) are out of date."""

    def expire(self) -> None:
        """Mark all listings as out of date, because a line has run."""
        self._expired = time.monotonic()

    def offer(self, typed: str, *, only_folders: bool = False) -> Offer:
        """Return the entries of the folder being typed; hidden ones only after a typed dot."""
        head = typed[: typed.rfind("/") + 1]
        folder = self._absolute(head)
        listing = self._listings.get(folder)
        now = time.monotonic()
        is_fresh = listing is not None and listing.time > max(self._expired, now - FRESH_SECONDS)
        if not is_fresh:
            self._worker.ask(("folder", folder), lambda: self._list(folder))
        kind = "folder" if only_folders else "file"
        if listing is None:
            return Offer(kind, folder, is_pending=True)
        shows_hidden = typed[len(head) :].startswith(".")
        candidates = tuple(
            _candidate(head + name, is_folder)
            for name, is_folder in listing.entries
            if (is_folder or not only_folders) and (shows_hidden or not name.startswith("."))
        )
        place = head.removesuffix("/") or folder
        reason = f"{place}: {listing.error}" if listing.error else f"{place} is empty"
        return Offer(kind, folder, candidates, now - listing.time, not is_fresh, reason)

    def text(self, path: str) -> str | None:
        """Return the text of a file as it was read last, "" if it cannot be; None before the first time."""
        file = self._absolute(path)
        text, read = self._texts.get(file, (None, 0.0))
        if read <= max(self._expired, time.monotonic() - FRESH_SECONDS):
            self._worker.ask(("text", file), lambda: self._read(file))
        return text

    def _read(self, file: str) -> None:
        began = time.monotonic()
        try:
            text = read_text(file, LARGEST_TEXT)
        except OSError:
            text = ""
        self._texts = {**self._texts, file: (text, began)}

    def _absolute(self, head: str) -> str:
        if head.startswith("~/"):
            head = self._home + head[1:]
        return os.path.normpath(os.path.join(self._folder(), head))

    def _list(self, folder: str) -> None:
        entries, error, began = [], "", time.monotonic()
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    entries.append((entry.name, _is_folder(entry)))
                    if len(entries) >= MOST:
                        break
        except OSError as problem:
            entries, error = [], (problem.strerror or str(problem)).lower()
        self._listings = {**self._listings, folder: Listing(tuple(sorted(entries)), began, error)}


def _candidate(path: str, is_folder: bool) -> Candidate:
    return Candidate(path + "/", "", "folder", "") if is_folder else Candidate(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


class Programs:
    """The programs on PATH."""

    def __init__(self, worker: BackgroundWorker, variables: Mapping[str, str]) -> None:
        self._worker = worker
        self._variables = variables
        self._found: tuple[Candidate, ...] | None = None
        self._expired = 0.0
        self._listed = 0.0

    def expire(self) -> None:
        """Mark the list as out of date, because a line has run: programs or PATH may have changed."""
        self._expired = time.monotonic()

    def offer(self) -> Offer:
        """Return every program."""
        is_fresh = self._found is not None and self._listed > self._expired
        if not is_fresh:
            self._worker.ask("programs", self._list)
        return Offer("program", "PATH", self._found or (), None, not is_fresh, "no program is on PATH")

    def knows(self, name: str) -> bool | None:
        """Return whether there is such a program; None before the first listing."""
        if self._found is None:
            self._worker.ask("programs", self._list)
            return None
        return any(found.text == name for found in self._found)

    def _list(self) -> None:
        names: set[str] = set()
        began = time.monotonic()
        for folder in self._variables.get("PATH", "").split(os.pathsep):
            try:
                with os.scandir(folder or ".") as entries:
                    names.update(entry.name for entry in entries if os.access(entry.path, os.X_OK))
            except OSError:
                continue
        self._found, self._listed = tuple(Candidate(name) for name in sorted(names)), began
