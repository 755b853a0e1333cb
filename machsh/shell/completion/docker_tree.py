"""docker's command tree as completion sees it: memory at once, the rest asked for in a worker."""

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
"""Seconds between two commands of the crawl in the background: it must not be felt."""


class DockerTree(Protocol):
    """docker's commands, in memory; what is not there yet is on its way."""

    def command(self, path: Sequence[str]) -> CliCommand | None:
        """The command at a path (empty for docker itself); None when there is none, or none yet."""

    def values(self, path: Sequence[str], flag: str) -> Completion | None:
        """The fixed values of a flag by its long name; None when they are not known yet."""

    def is_pending(self, path: Sequence[str], flag: str = "") -> bool:
        """Whether a worker is still fetching the command, or the flag's values."""


class NoTree:
    """The tree of a computer without a docker CLI."""

    def command(self, path: Sequence[str]) -> CliCommand | None:
        """Nothing."""
        return None

    def values(self, path: Sequence[str], flag: str) -> Completion | None:
        """Nothing."""
        return None

    def is_pending(self, path: Sequence[str], flag: str = "") -> bool:
        """Nothing is on its way."""
        return False


class LiveTree:
    """The installed docker CLI's tree."""

    def __init__(self, tree: CommandTree, worker: BackgroundWorker) -> None:
        self._tree = tree
        self._worker = worker
        self._absent: set[tuple[str, ...]] = set()
        """Paths that turned out to be no command."""

    def command(self, path: Sequence[str]) -> CliCommand | None:
        """The command when it is in memory; otherwise it is asked for."""
        words = tuple(path)
        found = self._tree.known(words)
        if found is None and words not in self._absent:
            self._worker.ask(words, lambda: self._fetch(words))
        return found

    def values(self, path: Sequence[str], flag: str) -> Completion | None:
        """The flag's fixed values when they are in memory; otherwise they are asked for."""
        found = self._tree.known_values(path, flag)
        if found is None:
            words = tuple(path)
            self._worker.ask((words, flag), lambda: self._fetch_values(words, flag))
        return found

    def is_pending(self, path: Sequence[str], flag: str = "") -> bool:
        """Whether the worker has it still to do."""
        words = tuple(path)
        return self._worker.is_waiting((words, flag) if flag else words)

    def crawl(self, stop: threading.Event) -> None:
        """Read the whole tree at leisure, in the calling thread, and keep it for the next shell."""
        self._tree.crawl(stop, CRAWL_PAUSE)

    def _fetch(self, words: tuple[str, ...]) -> None:
        if self._tree.command(words) is None:
            self._absent.add(words)

    def _fetch_values(self, words: tuple[str, ...], flag: str) -> None:
        self._tree.values(words, flag)
