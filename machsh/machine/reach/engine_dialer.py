"""Opens connections to a machine's engine for as long as the machine exists, wherever it is at the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from machsh.deadline import Deadline, within
from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.connect import Dial, WarmConnection, dial_of
from machsh.engine.relay.plan import RelayPlan, target_values
from machsh.errors import MachineNotFoundError, MachineNotRunningError, MachshError

if TYPE_CHECKING:
    from machsh.machine.machine import Machine
    from machsh.machine.reach.machine_source import MachineSource
    from machsh.ssh.target import Target

DRIVER_SECONDS = 10.0
ASK_AGAIN_SECONDS = 20.0
"""How often the driver is asked where an unreachable machine is: a provider's API may count its calls."""


class EngineDialer:
    """The function that opens a relay's connections. It follows the machine's record; thread-safe."""

    def __init__(self, name: str, machines: MachineSource, gone: Callable[[], None]) -> None:
        """Call `gone` if the machine is no longer in the store."""
        self._name = name
        self._machines = machines
        self._gone = gone
        self._lock = threading.Lock()
        self._key: tuple[Endpoint, Target | None] | None = None
        self._dial: Dial | None = None
        self._asked_at = -ASK_AGAIN_SECONDS
        self._stopped: MachineNotRunningError | None = None
        """What the driver said, if it said that the machine does not run."""
        self._elsewhere: Endpoint | None = None
        """Where the driver said that the engine is, if the record has another address."""

    def __call__(self) -> WarmConnection:
        """Return a new connection to the engine. Raises MachshError if it cannot be reached."""
        try:
            connection = self._open()
        except MachineNotFoundError:
            self._gone()
            raise
        self._stopped = None
        return connection

    def _open(self) -> WarmConnection:
        machine, endpoint, dial = self._current()
        try:
            return self._watched(dial(), machine)
        except MachineNotFoundError:
            raise
        except MachshError:
            found = self._ask_driver(machine)
            if found is None or found == endpoint:
                raise
            self._elsewhere = found
        machine, endpoint, dial = self._current()
        return self._watched(dial(), machine)

    def _current(self) -> tuple[Machine, Endpoint, Dial]:
        with self._lock:
            machine = self._machines.get(self._name)
            endpoint = self._elsewhere or machine.endpoint()
            target = machine.driver.ssh_target() if endpoint.scheme == "ssh" else None
            if self._dial is None or self._key != (endpoint, target):
                self._key, self._dial = (endpoint, target), _dial_to(self._name, endpoint, target)
            return machine, endpoint, self._dial

    def _watched(self, connection: WarmConnection, machine: Machine) -> WarmConnection:
        """Return the connection marked as outdated as soon as the machine's record is another one."""
        return replace(connection, is_current=lambda: self._is_unchanged(machine))

    def _is_unchanged(self, machine: Machine) -> bool:
        """Whether the record is the one that the connection was made with; costs one `stat`."""
        if not self._lock.acquire(blocking=False):
            return True  # a connection is being opened; this is asked again in a second
        try:
            is_same = self._machines.get(self._name) is machine
        except MachshError:
            return False
        finally:
            self._lock.release()
        if not is_same:
            self._elsewhere, self._asked_at = None, -ASK_AGAIN_SECONDS
        return is_same

    def _ask_driver(self, machine: Machine) -> Endpoint | None:
        """Ask the driver where the engine is now; None if it cannot tell, or was asked a short time ago.

        Raises MachineNotRunningError if the machine does not run.
        """
        with self._lock:
            is_early = time.monotonic() - self._asked_at < ASK_AGAIN_SECONDS
            if not is_early:
                self._asked_at, self._stopped = time.monotonic(), None
        if is_early:
            if self._stopped:
                raise self._stopped
            return None
        try:
            return machine.endpoint_at(within(Deadline.after(DRIVER_SECONDS), machine.url))
        except MachineNotRunningError as error:
            self._stopped = error
            raise
        except (MachshError, TimeoutError):
            return None


def _dial_to(name: str, endpoint: Endpoint, target: Target | None) -> Dial:
    plan = RelayPlan(
        name=name,
        url=endpoint.url,
        folder="",
        listener=-1,
        certificates=str(endpoint.certificates or ""),
        target=target_values(target) if target else None,
    )
    return dial_of(plan)
