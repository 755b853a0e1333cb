"""docker's command tree for completion: answers from memory, and a worker fetches what is missing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from machsh.shell.background import BackgroundWorker

if TYPE_CHECKING:
    from machsh.engine.cli_tree.command_tree import CommandTree
    from machsh.engine.cli_tree.model import CliCommand
    from machsh.engine.cli_tree.query import Completion

CRAWL_PAUSE = 0.05
"""Seconds between two commands of the background crawl, so that the user does not notice it."""


class DockerTree(Protocol):
    """docker's commands in memory; a worker fetches those that are missing."""

    def command(self, path: Sequence[str]) -> CliCommand | None:
        """Return the command at a path (empty for docker itself); None if it is unknown or not loaded yet."""

    def values(self, path: Sequence[str], flag: str) -> Completion | None:
        """Return the fixed values of a flag by its long name; None if they are not known yet."""

    def is_pending(self, path: Sequence[str], flag: str = "") -> bool:
        """Return whether a worker is still fetching the command, or the flag's values."""


class NoTree:
    """The tree of a computer without a docker CLI."""

    def command(self, path: Sequence[str]) -> CliCommand | None:
        """Return None."""
        return None

    def values(self, path: Sequence[str], flag: str) -> Completion | None:
        """Return None."""
        return None

    def is_pending(self, path: Sequence[str], flag: str = "") -> bool:
        """Return False."""
        return False


class LiveTree:
    """The installed docker CLI's tree."""

    def __init__(self, tree: CommandTree, worker: BackgroundWorker) -> None:
        self._tree = tree
        self._worker = worker
        self._absent: set[tuple[str, ...]] = set()
        """Paths that are not commands."""

    def command(self, path: Sequence[str]) -> CliCommand | None:
        """Return the command if it is in memory; otherwise have the worker fetch it."""
        words = tuple(path)
        found = self._tree.known(words)
        if found is None and words not in self._absent:
            self._worker.ask(words, lambda: self._fetch(words))
        return found

    def values(self, path: Sequence[str], flag: str) -> Completion | None:
        """Return the flag's fixed values if they are in memory; otherwise have the worker fetch them."""
        found = self._tree.known_values(path, flag)
        if found is None:
            words = tuple(path)
            self._worker.ask((words, flag), lambda: self._fetch_values(words, flag))
        return found

    def is_pending(self, path: Sequence[str], flag: str = "") -> bool:
        """Return whether the worker has yet to fetch it."""
        words = tuple(path)
        return self._worker.is_waiting((words, flag) if flag else words)

    def crawl(self, stop: threading.Event) -> None:
        """Read the whole tree slowly, on the calling thread, and save it for the next shell."""
        self._tree.crawl(stop, CRAWL_PAUSE)

    def _fetch(self, words: tuple[str, ...]) -> None:
        if self._tree.command(words) is None:
            self._absent.add(words)

    def _fetch_values(self, words: tuple[str, ...], flag: str) -> None:
        self._tree.values(words, flag)
