"""Where candidates come from: everything that the shell holds in memory, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from machsh.shell.completion.candidate import Offer
from machsh.shell.completion.drivers import Drivers
from machsh.shell.completion.grammar import Grammar
from machsh.shell.completion.paths import Folders, Programs
from machsh.shell.completion.plugin_kinds import CompletionContext, PluginKinds
from machsh.shell.machine_cache import MachineCache


class EngineNameSource(Protocol):
    """What is on a machine: held in memory, kept true by the engine's events."""

    def offer(self, machine: str, kind: str) -> Offer:
        """The names of a kind (`container`, `image`, ...) with image, state or size beside them."""

    def expire(self) -> None:
        """A line has run: what does not follow events must be asked for again."""

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """The entries of a folder inside a container; of the machine itself when `container` is empty."""


class NoEngineNames:
    """Nothing is known of any machine."""

    def offer(self, machine: str, kind: str) -> Offer:
        """Nothing."""
        return Offer(kind, "no engine", reason="the names on machines are not kept (live_names)")

    def expire(self) -> None:
        """Nothing is old where nothing is known."""

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """Nothing."""
        return Offer("path", "no engine")


class NoPluginKinds:
    """No plugin adds a kind."""

    def offer(self, kind: str, context: CompletionContext) -> Offer:
        """Nothing."""
        return Offer(kind, "no plugin", reason=f"nothing is known of {kind}")

    def expire(self) -> None:
        """Nothing is old where nothing is known."""


@dataclass(slots=True)
class Sources:
    """Everything candidates are made of. All of it answers from memory."""

    grammar: Grammar
    states: MachineCache
    drivers: Drivers
    folders: Folders
    programs: Programs
    live: EngineNameSource = field(default_factory=NoEngineNames)
    plugged: PluginKinds | NoPluginKinds = field(default_factory=lambda: NoPluginKinds())
    variables: Callable[[], Mapping[str, str]] = dict
    active: Callable[[], str] = str
    """The active machine's name."""
    troubles: list[str] = field(default_factory=list)
    """What failed beside the commands, for `complete --explain`."""
    used: dict[str, int] = field(default_factory=dict)
    """Word -> when it was last used, the higher the later."""

    def expire(self) -> None:
        """A line has run: whatever was listed before may have changed."""
        for source in (self.states, self.folders, self.programs, self.live, self.plugged):
            source.expire()

    def touch(self, words: list[str]) -> None:
        """Note that these words were used: they come first among equals from now on."""
        turn = max(self.used.values(), default=0) + 1
        self.used.update(dict.fromkeys(words, turn))
