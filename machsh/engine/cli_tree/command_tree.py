"""The command tree for the shell: cached lookups while typing, docker processes only in the background."""

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
"""How long to wait before asking again for a command's help that could not be read."""


class CommandTree:
    """The commands of one docker CLI, read on demand and cached.

    `known` and `known_values` only read memory. The other methods run docker: call them in the background.
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
        """Return a command if it has been read already, else None."""
        return self._commands.get(tuple(path))

    def known_values(self, path: Sequence[str], flag: str) -> Completion | None:
        """Return the fixed values of a flag (its long name) if they have been read already, else None."""
        return self._values.get((*path, f"--{flag}"))

    def load(self) -> None:
        """Load the tree that an earlier shell saved for this CLI; does nothing after the first call."""
        with self._lock:
            if self._file is None:
                environment = self._environment
                name = identify(self._program, environment.variables, environment.home)
                self._file = environment.cache_folder / _FOLDER / f"{name}.json"
                commands, values = cache.load(self._file)
                self._commands = commands | self._commands
                self._values = values | self._values

    def command(self, path: Sequence[str] = ()) -> CliCommand | None:
        """Return a command, asking the CLI if it is not known; None if it does not exist or gives no help."""
        words = tuple(path)
        self.load()
        found = self._commands.get(words)
        if found is not None or self._failed.get(words, 0.0) > time.monotonic():
            return found
        found = self._ask(words)
        if found is None:
            self._failed[words] = time.monotonic() + _RETRY_SECONDS
            return None
        with self._lock:  # the crawl and another worker may add commands at the same time
            self._commands = {**self._commands, words: found}
            self._has_news = True
        return found

    def _ask(self, words: Words) -> CliCommand | None:
        if words:
            # For an unknown word the CLI prints its parent's help, so check with the parent first.
            above = self.command(words[:-1])
            if above is None or above.child(words[-1]) is None:
                return None
        return parse(words, query.help_text(str(self._program), words, self._environment.variables))

    def values(self, path: Sequence[str], flag: str) -> Completion:
        """Return the fixed values of a flag (its long name), asking the CLI if they are not known.

        `is_live` is set in the result if only an engine knows the values.
        """
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
        """Read all commands that are not known yet, `pause` seconds apart, then save the tree."""
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
        """Save the tree if it has changed since it was last saved."""
        if self._has_news and self._file is not None:
            self._has_news = False
            cache.save(self._file, self._commands, self._values)
