"""Which options are secret, for what history keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from machsh.secrets import memorable

if TYPE_CHECKING:
    from machsh.shell.complete.sources import Sources


class Keeper:
    """Knows the secret options of commands and of the drivers used so far."""

    def __init__(self, sources: Callable[[], Sources]) -> None:
        self._sources = sources

    def memorable(self, text: str) -> str:
        """What may be kept of a line; empty for nothing."""
        return memorable(text, self.secret_options())

    def secret_options(self) -> set[str]:
        """Long names of all options known to be secret."""
        commands = self._sources().grammar.commands.values()
        own = {option.name for command in commands for option in command.options if option.secret}
        return own | self._sources().drivers.secret_options()
