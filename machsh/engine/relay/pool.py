"""Manages the relay processes of a shell session."""

from __future__ import annotations

import threading
from collections.abc import Callable

from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.process import RelayProcess
from machsh.environment import Environment
from machsh.ssh.target import Target

_MOST = 3
"""How many relays run at a time: those of the most recently used machines."""


class RelayPool:
    """The relays of the recently used machines. `endpoint` and `warm` never block.

    `target` returns the ssh target of a machine reached over ssh; it is called in a background thread.
    """

    def __init__(
        self, environment: Environment, target: Callable[[str], Target | None] = lambda machine: None
    ) -> None:
        self._environment = environment
        self._target = target
        self._kept: dict[str, tuple[Endpoint, RelayProcess]] = {}
        self._retired: list[RelayProcess] = []
        self._lock = threading.Lock()
        self._is_closed = False

    def endpoint(self, machine: str, real: Endpoint) -> Endpoint:
        """Return the endpoint of the machine's relay if it has one, else `real`.

        A first relay is started only by `warm`, so that a command on fifty machines does not start fifty.
        """
        known, relay = self._kept.get(machine, (None, None))
        if relay is None:
            return real
        self.warm(machine, real)
        return relay.endpoint if known == real else real

    def warm(self, machine: str, real: Endpoint) -> None:
        """Start the machine's relay in the background unless it is running; for the active machine."""
        if not RelayProcess.helps(real, self._environment) or self._is_closed:
            return
        known, relay = self._kept.get(machine, (None, None))
        if relay is None or known != real or not relay.is_running:
            threading.Thread(
                target=self._start, args=(machine, real), daemon=True, name="machsh-relays"
            ).start()
        else:
            self._use(machine)

    def close(self) -> None:
        """Stop all relays and start no new ones."""
        with self._lock:
            self._is_closed = True
            ending = [relay for _, relay in self._kept.values()] + self._retired
            self._kept, self._retired = {}, []
        for relay in ending:
            relay.close()

    def _start(self, machine: str, real: Endpoint) -> None:
        with self._lock:
            known, kept = self._kept.get(machine, (None, None))
            if self._is_closed or (kept is not None and known == real and kept.is_running):
                return
            target = self._target(machine) if real.scheme == "ssh" else None
            relay = RelayProcess(real, self._environment, machine, target=target)
            relay.start()
            if kept is not None:
                self._retire(kept)
            self._kept = {name: pair for name, pair in self._kept.items() if name != machine}
            self._kept[machine] = (real, relay)
            while len(self._kept) > _MOST:
                oldest = next(iter(self._kept))
                self._retire(self._kept.pop(oldest)[1])

    def _use(self, machine: str) -> None:
        """Mark the machine as the most recently used one; its relay is then stopped last."""
        if next(reversed(self._kept)) != machine and self._lock.acquire(blocking=False):
            try:
                self._kept = {
                    **{k: v for k, v in self._kept.items() if k != machine},
                    machine: self._kept[machine],
                }
            finally:
                self._lock.release()

    def _retire(self, relay: RelayProcess) -> None:
        relay.retire()
        self._retired = [one for one in [*self._retired, relay] if one.is_running]
