"""Progress of one of several machines: every line begins with its name, and holds no secret."""

from __future__ import annotations

from collections.abc import Callable

from machsh.progress import Progress


class FleetProgress:
    """Forwards the progress of one machine."""

    def __init__(self, progress: Progress, name: str, hidden: Callable[[str], str]) -> None:
        self._progress, self._name, self._hidden = progress, name, hidden

    def step(self, text: str) -> None:
        """Forward the text with the name before it."""
        self._progress.step(self._named(text))

    def info(self, text: str) -> None:
        """Forward the text with the name before it."""
        self._progress.info(self._named(text))

    def warning(self, text: str) -> None:
        """Forward the text with the name before it."""
        self._progress.warning(self._named(text))

    def debug(self, text: str) -> None:
        """Forward the text with the name before it."""
        self._progress.debug(self._named(text))

    def done(self, *, is_good: bool = True) -> None:
        """Forward the end of the machine's step."""
        self._progress.done(is_good=is_good)

    def end(self, *, is_good: bool = True) -> None:
        """Do nothing: the steps of other machines go on."""

    def _named(self, text: str) -> str:
        return f"{self._name}: {self._hidden(text.removeprefix(f'({self._name}) '))}"
