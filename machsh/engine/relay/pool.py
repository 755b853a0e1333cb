"""The relays of one session: started behind the prompt, few at a time, ended with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.process import RelayProcess
from machsh.environment import Environment
from machsh.ssh.target import Target

_MOST = 3
"""Machines whose connections are kept: the one in use and those that were a moment ago."""


class RelayPool:
    """Gives docker children the socket of a machine's relay. No call waits.

    `target` tells the ssh target of a machine whose engine is behind ssh; it is called in a worker.
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
        """The socket of the machine's relay when it has one, else the real endpoint.

        Only `warm` begins a relay, so that one line on fifty machines does not start fifty.
        """
        known, relay = self._kept.get(machine, (None, None))
        if relay is None:
            return real
        self.warm(machine, real)
        return relay.endpoint if known == real else real

    def warm(self, machine: str, real: Endpoint) -> None:
        """See to it that the machine's relay runs, in the background: for the machine that is switched to."""
        if not RelayProcess.helps(real, self._environment) or self._is_closed:
            return
        known, relay = self._kept.get(machine, (None, None))
        if relay is None or known != real or not relay.is_running:
            threading.Thread(target=self._start, args=(machine, real), daemon=True).start()
        else:
            self._use(machine)

    def close(self) -> None:
        """End them all."""
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
        """Make it the last that would be given up."""
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
