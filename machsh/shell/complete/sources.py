"""Where candidates come from: everything that the shell holds in memory, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from machsh.shell.complete.candidate import Offer
from machsh.shell.complete.drivers import Drivers
from machsh.shell.complete.grammar import Grammar
from machsh.shell.complete.paths import Folders, Programs
from machsh.shell.states import States


class LiveNames(Protocol):
    """What is on a machine: held in memory, kept true by the engine's events."""

    def offer(self, machine: str, kind: str) -> Offer:
        """The names of a kind (`container`, `image`, ...) with image, state or size beside them."""

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """The entries of a folder inside a container; of the machine itself when `container` is empty."""


class NoNames:
    """Nothing is known of any machine."""

    def offer(self, machine: str, kind: str) -> Offer:
        """Nothing."""
        return Offer(kind, "no engine")

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """Nothing."""
        return Offer("path", "no engine")


@dataclass(slots=True)
class Sources:
    """Everything candidates are made of. All of it answers from memory."""

    grammar: Grammar
    states: States
    drivers: Drivers
    folders: Folders
    programs: Programs
    live: LiveNames = field(default_factory=NoNames)
    variables: Callable[[], Mapping[str, str]] = dict
    active: Callable[[], str] = str
    """The active machine's name."""
    used: dict[str, int] = field(default_factory=dict)
    """Word -> when it was last used, the higher the later."""

    def touch(self, words: list[str]) -> None:
        """Note that these words were used: they come first among equals from now on."""
        turn = max(self.used.values(), default=0) + 1
        self.used.update(dict.fromkeys(words, turn))
