"""Removes secrets from a line before history keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from machsh.secrets import redact_line

if TYPE_CHECKING:
    from machsh.shell.completion.sources import Sources


class LineRedactor:
    """Knows the secret options of commands and of the drivers loaded so far."""

    def __init__(self, sources: Callable[[], Sources]) -> None:
        self._sources = sources

    def redact(self, text: str) -> str:
        """Return the line with secrets removed, or "" if it must not be stored."""
        return redact_line(text, self.secret_options())

    def secret_options(self) -> set[str]:
        """Return the long names of all options known to be secret."""
        commands = self._sources().grammar.commands.values()
        own = {option.name for command in commands for option in command.options if option.secret}
        return own | self._sources().drivers.secret_options()


__all__ = ["redact_line"]
