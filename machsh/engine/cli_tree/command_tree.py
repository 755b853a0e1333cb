"""The tree as the shell uses it: memory on the key path, processes only in a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from machsh.engine.cli_tree import cache, query
from machsh.engine.cli_tree.help_parser import parse
from machsh.engine.cli_tree.identity import identify
from machsh.engine.cli_tree.model import CliCommand
from machsh.engine.cli_tree.model import Path as Words
from machsh.engine.cli_tree.query import Completion
from machsh.environment import Environment

_FOLDER = "docker-commands"
_RETRY_SECONDS = 30.0
"""A command that gave no help is not asked again sooner."""


class CommandTree:
    """The commands of one docker CLI.

    `known` and `known_values` read memory alone. The others start processes: call them in a worker.
    """

    def __init__(self, program: Path, environment: Environment) -> None:
        self._program = program
        self._environment = environment
        self._commands: dict[Words, CliCommand] = {}
        self._values: dict[Words, Completion] = {}
        self._failed: dict[Words, float] = {}
        self._file: Path | None = None
        self._lock = threading.Lock()
        self._has_news = False

    def known(self, path: Sequence[str] = ()) -> CliCommand | None:
        """The command when it has been read already."""
        return self._commands.get(tuple(path))

    def known_values(self, path: Sequence[str], flag: str) -> Completion | None:
        """The fixed values of a flag (its long name) when they have been asked for already."""
        return self._values.get((*path, f"--{flag}"))

    def load(self) -> None:
        """Read what an earlier shell has learnt of this CLI."""
        with self._lock:
            if self._file is None:
                environment = self._environment
                name = identify(self._program, environment.variables, environment.home)
                self._file = environment.cache_folder / _FOLDER / f"{name}.json"
                commands, values = cache.load(self._file)
                self._commands = commands | self._commands
                self._values = values | self._values

    def command(self, path: Sequence[str] = ()) -> CliCommand | None:
        """The command, asked of the CLI when it is not known; None when there is none of that path."""
        words = tuple(path)
        self.load()
        found = self._commands.get(words)
        if found is not None or self._failed.get(words, 0.0) > time.monotonic():
            return found
        found = self._ask(words)
        if found is None:
            self._failed[words] = time.monotonic() + _RETRY_SECONDS
            return None
        with self._lock:  # the crawl and a worker may learn at the same moment
            self._commands = {**self._commands, words: found}
            self._has_news = True
        return found

    def _ask(self, words: Words) -> CliCommand | None:
        if words:
            # The CLI answers an unknown word with the help of the command above it.
            above = self.command(words[:-1])
            if above is None or above.child(words[-1]) is None:
                return None
        return parse(words, query.help_text(str(self._program), words, self._environment.variables))

    def values(self, path: Sequence[str], flag: str) -> Completion:
        """The fixed values of a flag (its long name); `is_live` when an engine would have to be asked."""
        key = (*path, f"--{flag}")
        self.load()
        found = self._values.get(key)
        if found is None:
            variables = query.without_engine(self._environment.variables)
            asked = query.complete(str(self._program), [*key, ""], variables)
            found = asked or Completion()
            with self._lock:
                self._values = {**self._values, key: found}
                self._has_news = True
        return found

    def crawl(self, stop: threading.Event, pause: float = 0.0) -> None:
        """Read every command that is not known yet, then keep the tree. `pause` is seconds between two."""
        waiting: list[Words] = [()]
        while waiting and not stop.is_set():
            path = waiting.pop(0)
            is_new = path not in self._commands
            command = self.command(path)
            if command is not None:
                waiting += [(*path, child.name) for child in command.children]
            if is_new and pause:
                stop.wait(pause)
        self.save()

    def save(self) -> None:
        """Keep what was learnt since the last time."""
        if self._has_news and self._file is not None:
            self._has_news = False
            cache.save(self._file, self._commands, self._values)
