"""Keeps connections to the machines in use open, so that docker starts at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.environment import Environment
from machsh.shell.machine_reader import MachineReader

if TYPE_CHECKING:
    from machsh.engine.relay.pool import RelayPool

READY_SECONDS = 2.0
PAUSE_SECONDS = 0.05


class WarmRelays:
    """The relays of a shell, made on first use; there are none if `is_on` is false."""

    def __init__(self, environment: Environment, fleet: MachineReader, *, is_on: bool) -> None:
        self._environment = environment
        self._fleet = fleet
        self._is_on = is_on
        self._relays: RelayPool | None = None
        self._lock = threading.Lock()

    def endpoint(self, machine: str, real: Endpoint) -> Endpoint:
        """Return the endpoint for docker children: the relay's socket if ready, else `real`. Never waits."""
        if not self._is_on or real.scheme == "unix":
            return real
        return self._made().endpoint(machine, real)

    def warm(self, machine: str, find: Callable[[str], Endpoint]) -> None:
        """Start a machine's relay. Call this on a worker thread: `find` reads the store."""
        if self._is_on and machine:
            real = find(machine)
            if real.scheme != "unix":
                self._made().warm(machine, real)

    def local(self, machine: str, real: Endpoint) -> Endpoint:
        """Return an endpoint that can be opened directly: for ssh, the relay's socket.

        Waits up to READY_SECONDS for the relay; without one, returns `real`.
        """
        ends = time.monotonic() + READY_SECONDS
        found = self.endpoint(machine, real)
        while real.scheme == "ssh" and found is real and self._is_on and time.monotonic() < ends:
            time.sleep(PAUSE_SECONDS)
            found = self.endpoint(machine, real)
        return found if real.scheme == "ssh" else real

    def close(self) -> None:
        """End all relays."""
        if self._relays is not None:
            self._relays.close()

    def _made(self) -> RelayPool:
        with self._lock:
            if self._relays is None:
                from machsh.engine.relay.pool import RelayPool

                self._relays = RelayPool(
                    self._environment, lambda machine: self._fleet.machines.get(machine).driver.ssh_target()
                )
            return self._relays
