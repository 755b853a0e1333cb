"""What a fake cloud charges for: how many things that cost money there are, and were."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class CloudBill:
    """The things that cost money, by kind and identifier."""

    running: set[tuple[str, str]] = field(default_factory=set)
    history: list[tuple[float, int]] = field(default_factory=list)
    """Each change: when (monotonic seconds), and how many things cost money from then on."""

    def begin(self, kind: str, identifier: object) -> None:
        """Charge for something from now on."""
        self.running.add((kind, str(identifier)))
        self._note()

    def end(self, kind: str, identifier: object) -> None:
        """Stop charging for it."""
        self.running.discard((kind, str(identifier)))
        self._note()

    def _note(self) -> None:
        self.history.append((time.monotonic(), len(self.running)))

    @property
    def has_ended(self) -> bool:
        """Whether nothing costs money any more."""
        return not self.running

    @property
    def most(self) -> int:
        """The greatest number of things that cost money at one time."""
        return max((count for _, count in self.history), default=0)
