"""Everything in memory that candidates are made from, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from machsh.shell.completion.candidate import Offer
from machsh.shell.completion.drivers import Drivers
from machsh.shell.completion.grammar import Grammar
from machsh.shell.completion.paths import Folders, Programs
from machsh.shell.completion.plugin_kinds import CompletionContext, PluginKinds
from machsh.shell.completion.snapshot_names import SnapshotNames
from machsh.shell.machine_cache import MachineCache


class EngineNameSource(Protocol):
    """The names on machines, in memory and kept up to date by the engines' events."""

    def offer(self, machine: str, kind: str) -> Offer:
        """Return the names of a kind (`container`, `image`, ...), with image, state or size as notes."""

    def expire(self) -> None:
        """Mark what events do not keep up to date as old, because a line has run."""

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """Return the entries of a folder in a container, or on the machine itself if `container` is empty."""


class NoEngineNames:
    """An EngineNameSource without names."""

    def offer(self, machine: str, kind: str) -> Offer:
        """Return an empty offer."""
        return Offer(kind, "no engine", reason="the names on machines are not kept (live_names)")

    def expire(self) -> None:
        """Do nothing: there is nothing to renew."""

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """Return an empty offer."""
        return Offer("path", "no engine")


class NoPluginKinds:
    """Stands in for PluginKinds when there are no plugins."""

    def offer(self, kind: str, context: CompletionContext) -> Offer:
        """Return an empty offer."""
        return Offer(kind, "no plugin", reason=f"nothing is known of {kind}")

    def program_words(self, program: str, context: CompletionContext) -> None:
        """Return None."""

    def expire(self) -> None:
        """Do nothing: there is nothing to renew."""


class NoSnapshotNames:
    """Stands in for SnapshotNames until the shell's services are loaded."""

    def offer(self, machine: str) -> Offer:
        """Return an empty offer."""
        return Offer("snapshot", "the shell's start", is_pending=True)

    def expire(self) -> None:
        """Do nothing: there is nothing to renew."""


@dataclass(slots=True)
class Sources:
    """The data that candidates are made from. All of it answers from memory."""

    grammar: Grammar
    states: MachineCache
    drivers: Drivers
    folders: Folders
    programs: Programs
    live: EngineNameSource = field(default_factory=NoEngineNames)
    plugged: PluginKinds | NoPluginKinds = field(default_factory=lambda: NoPluginKinds())
    snapshots: SnapshotNames | NoSnapshotNames = field(default_factory=NoSnapshotNames)
    variables: Callable[[], Mapping[str, str]] = dict
    active: Callable[[], str] = str
    """The active machine's name."""
    troubles: list[str] = field(default_factory=list)
    """Errors of completion, colours and background threads, for `complete --explain`."""
    used: dict[str, int] = field(default_factory=dict)
    """Word -> when it was last used: higher is later."""

    def expire(self) -> None:
        """Mark all listings as out of date, because a line has run."""
        for source in (
            self.states,
            self.drivers,
            self.folders,
            self.programs,
            self.live,
            self.plugged,
            self.snapshots,
        ):
            source.expire()

    def touch(self, words: list[str]) -> None:
        """Record that these words were used, so that they rank first among equals."""
        turn = max(self.used.values(), default=0) + 1
        self.used.update(dict.fromkeys(words, turn))
