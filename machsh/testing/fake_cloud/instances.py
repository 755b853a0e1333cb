"""What stands behind the servers of a fake cloud: whole hosts (`LabHosts`), or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Instances(Protocol):
    """Makes the hosts of servers, and moves them."""

    def create(self, name: str, keys: Iterable[str], user_data: str = "") -> str:
        """Make and boot a host that lets these public keys in; return what identifies it."""

    def address(self, container: str) -> str:
        """Return the address of a host."""

    def stop(self, container: str, *, is_graceful: bool = True) -> None:
        """Switch a host off."""

    def start(self, container: str) -> None:
        """Switch a host on."""

    def remove(self, container: str) -> None:
        """Remove a host."""


class NoHosts:
    """Servers that only exist in the answers, all at one address."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address

    def create(self, name: str, keys: Iterable[str], user_data: str = "") -> str:
        """Return the name."""
        return name

    def address(self, container: str) -> str:
        """Return the address of all."""
        return self._address

    def stop(self, container: str, *, is_graceful: bool = True) -> None:
        """Do nothing."""

    def start(self, container: str) -> None:
        """Do nothing."""

    def remove(self, container: str) -> None:
        """Do nothing."""
