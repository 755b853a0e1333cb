"""One thread per machine that keeps its view current; a machine that does not answer delays no other."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import FOREIGN, MachineNotFoundError
from machsh.machine.errors import reason
from machsh.monitor.engine_follower import CONNECT_SECONDS, ROTATION_SECONDS, EngineFollower
from machsh.monitor.login_turns import login_turn

if TYPE_CHECKING:
    from machsh.engine.dial import ByteStream, Dialer
    from machsh.machine.machine import Machine

_PAUSES = (0.5, 1.0, 2.0, 4.0, 5.0)
"""Seconds before the next attempts to reach a machine; the last one repeats."""
UNTOLD = (State.NONE, State.RUNNING, State.ERROR, State.TIMEOUT)
"""Driver states in which a silent engine may come back at any moment."""


class ViewKeeper(Protocol):
    """Receives the followers' results; `machsh.monitor.monitored_machines` implements it. Thread-safe."""

    interval: float
    """Seconds between two readings of what is on the screen."""

    def machine(self, name: str) -> Machine:
        """Return the machine. Raises MachineNotFoundError or BrokenRecordError."""

    def change(self, name: str, **changes: Any) -> None:
        """Change fields of a machine's view."""

    def is_watched(self, name: str) -> bool:
        """Whether the containers of a machine are on the screen."""

    def is_answering(self, name: str) -> bool:
        """Whether the engine of a machine answers."""

    def wait_for_first_round(self, seconds: float) -> object:
        """Wait up to `seconds` until all machines have answered or failed once."""


class MachineFollower:
    """Follows one machine until `close`, whether its engine answers or not."""

    def __init__(self, name: str, keeper: ViewKeeper, phase: float = 0.0) -> None:
        """`phase` (0 to 1) spreads the work of many machines over time."""
        self.name = name
        self.has_failed = False
        """Whether the last attempt to reach the engine failed, and the driver was asked for the state."""
        self.has_ended = False
        """Whether the machine is no longer followed: it was removed."""
        self._keeper = keeper
        self._closed = threading.Event()
        self._engine = EngineFollower(self._publish, self._period, keeper.wait_for_first_round, phase)
        self._is_known = False
        self._url = ""
        """The engine's URL from the driver, used after the address in the record has failed."""

    @property
    def is_settled(self) -> bool:
        """Whether everything about the machine has been read once."""
        return self.has_failed or self._engine.is_complete

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="machsh-monitored", daemon=True).start()

    def close(self) -> None:
        """Stop following; does not wait."""
        self._closed.set()

    def _run(self) -> None:
        try:
            self._follow()
        except MachineNotFoundError:
            self.has_ended = True

    def _follow(self) -> None:
        """Follow the engine, and try again when it fails. Raises MachineNotFoundError."""
        failures = 0
        while not self._closed.is_set():
            began = time.monotonic()
            try:
                machine = self._keeper.machine(self.name)
                self._engine.follow(self._dialer(machine), partial(self._is_current, machine), self._closed)
                continue
            except MachineNotFoundError:
                raise
            except Exception as error:  # a malformed answer must not end the thread: nothing would try again
                self._record_failure(error)
            failures = failures + 1 if time.monotonic() - began < 2 * CONNECT_SECONDS else 1
            self._closed.wait(_PAUSES[min(failures, len(_PAUSES)) - 1])

    def _is_current(self, machine: Machine) -> bool:
        """Whether the record is still the one used for the connection. Raises MachineNotFoundError."""
        return self._keeper.machine(self.name) is machine

    def _dialer(self, machine: Machine) -> Dialer:
        from machsh.machine.contact.engine_dial import engine_dialer

        endpoint = machine.endpoint_at(self._url) if self._url else machine.endpoint()
        dial = engine_dialer(machine, endpoint)
        return partial(_in_turn, dial) if machine.is_over_ssh else dial

    def _period(self) -> float:
        interval = self._keeper.interval
        return interval if self._keeper.is_watched(self.name) else max(ROTATION_SECONDS, interval)

    def _publish(self, **changes: Any) -> None:
        if "is_answering" in changes:
            self.has_failed, self._is_known = False, True
            record = self._keeper.machine(self.name).record
            changes |= {"state": State.RUNNING.value, "cluster": record.machsh.cluster}
        if not self._closed.is_set():
            self._keeper.change(self.name, **changes)

    def _record_failure(self, error: Exception) -> None:
        """Record that the engine does not answer, and ask the driver for the machine's state."""
        if self._closed.is_set():
            return
        changes: dict[str, Any] = {"is_answering": False, "error": _text(error)}
        self._url = ""
        try:
            machine = self._keeper.machine(self.name)
            state = _driver_state(machine)
            if state is State.RUNNING:
                self._url = machine.url()
            if state not in UNTOLD:
                changes |= {"error": "", "containers": (), "host": None, "host_error": "", "role": ""}
            changes["state"] = state.value or State.RUNNING.value
        except FOREIGN as why:  # the driver may be a plugin
            changes |= {"error": _text(why)} | ({} if self._is_known else {"state": State.ERROR.value})
        if not self._closed.is_set():
            self._keeper.change(self.name, **changes)
        self.has_failed = True


def _in_turn(dial: Dialer, seconds: float) -> ByteStream:
    with login_turn():
        return dial(seconds)


def _driver_state(machine: Machine) -> State:
    """Ask the driver for the state; a driver program is not kept running for that."""
    try:
        return machine.state()
    finally:
        if machine.driver.has(Capability.PROGRAM):
            machine.driver.close()


def _text(error: BaseException) -> str:
    return "the engine does not answer" if isinstance(error, TimeoutError) else str(reason(error))
