"""The part of `Machines` that this package needs; `Machines` itself calls the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from machsh.environment import Environment
from machsh.machine.records.store import Store

if TYPE_CHECKING:
    from machsh.machine.machine import Machine


class MachineSource(Protocol):
    """The machines of a store; `machsh.machine.machines.Machines` implements it."""

    environment: Environment
    store: Store

    def names(self) -> list[str]:
        """Return all names without opening any file."""

    def get(self, name: str) -> Machine:
        """Return the machine, loaded anew when its record has changed. Raises MachshError."""
