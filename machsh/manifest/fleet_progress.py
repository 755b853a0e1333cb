"""Progress of one of several machines: every line begins with its name, and holds no secret."""

from __future__ import annotations

from collections.abc import Callable

from machsh.progress import NamedProgress, Progress


class FleetProgress(NamedProgress):
    """Forwards the progress of one machine."""

    def __init__(self, progress: Progress, name: str, hidden: Callable[[str], str]) -> None:
        super().__init__(progress, name)
        self._hidden = hidden

    def end(self, *, is_good: bool = True) -> None:
        """Do nothing: the steps of other machines go on."""

    def _named(self, text: str) -> str:
        return f"{self._name}: {self._hidden(text.removeprefix(f'({self._name}) '))}"
