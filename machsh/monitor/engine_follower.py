"""Follows one engine over two kept connections, one for its events and one for requests, while it answers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from machsh.engine.http import HttpConnection, HttpResponse
from machsh.engine.watch import listing
from machsh.errors import MachshError
from machsh.monitor import engine_readings
from machsh.monitor.container_readings import ContainerReadings
from machsh.monitor.container_sampling import ContainerSampler
from machsh.monitor.engine_readings import EngineReading

if TYPE_CHECKING:
    from machsh.engine.dial import ByteStream, Dialer

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0
PULSE_SECONDS = 3.0
"""An engine without requests for this long gets a ping."""
INFO_SECONDS = 30.0
ROTATION_SECONDS = 10.0
"""How often containers that are not on the screen are read: they only count in their machine's sums."""
FIRST_SECONDS, SECOND_SECONDS = 1.0, 1.0
GATHER_SECONDS = 0.1
"""Events come in bursts: the containers are listed this long after the first one."""
TICK_SECONDS = 0.5
"""The longest time until a machine that was expanded, or a monitor that ends, is noticed."""
GLANCE_SECONDS = 0.001
"""How long events are waited for while containers wait to be read."""
MOST_BYTES = 16 << 20
LONGEST_EVENT = 1 << 20

Publish = Callable[..., None]


class EngineFollower:
    """Follows an engine for one thread; `publish` gets the changed fields of its machine's view.

    `period` returns how often the containers are read, in seconds; `phase` (0 to 1) spreads the work of many
    engines over time. `wait_for_others` waits until all engines have answered the first request, with a limit
    in seconds.
    """

    def __init__(
        self,
        publish: Publish,
        period: Callable[[], float],
        wait_for_others: Callable[[float], object],
        phase: float,
    ) -> None:
        self.is_complete = False
        """Whether all data about the containers has been read once."""
        self._publish = publish
        self._usual_period = period
        self._wait_for_others = wait_for_others
        self._phase = phase
        self._containers = ContainerReadings()
        self._reading: EngineReading | None = None
        self._streams: list[ByteStream] = []
        self._rest = b""

    def follow(self, dial: Dialer, goes_on: Callable[[], bool], closed: threading.Event) -> None:
        """Follow the engine until `closed` is set, or `goes_on`, called every few seconds, returns False.

        Raises OSError or MachshError if it does not answer, and what `goes_on` raises.
        """
        try:
            requests = self._connection(dial)
            self._introduce(requests)
            self._wait_for_others(FIRST_SECONDS)
            events = self._dial(dial)
            answer, self._rest = HttpConnection(events).follow(listing.events_path(), ANSWER_SECONDS)
            engine_readings.check(answer)
            self._list(requests)  # what changed before the events began
            sampler = ContainerSampler(self._containers, lambda: self._connection(dial), ANSWER_SECONDS)
            self._sample(sampler, requests)
            self._watch(sampler, requests, events, goes_on, closed)
        finally:
            self._close()

    def _watch(
        self,
        sampler: ContainerSampler,
        requests: HttpConnection,
        events: ByteStream,
        goes_on: Callable[[], bool],
        closed: threading.Event,
    ) -> None:
        heard = checked = time.monotonic()
        sampled, informed = heard - self._phase * self._period(), heard - self._phase * INFO_SECONDS
        while not closed.is_set():
            is_touched = self._wait(events, TICK_SECONDS if sampler.is_between_rounds else GLANCE_SECONDS)
            now = time.monotonic()
            if is_touched:
                self._gather(events)
                self._list(requests)
            if is_touched or (sampler.is_between_rounds and now - sampled >= self._period()):
                self._sample(sampler, requests)
                sampled = heard = now
            elif not sampler.is_between_rounds:
                self._go_on(sampler, requests)
                heard = now
            if now - informed >= INFO_SECONDS:
                self._introduce(requests)  # also for the ages that are in the containers' status
                informed = heard = now
            if now - heard >= PULSE_SECONDS:
                requests.ping(ANSWER_SECONDS)
                self._tell()
                heard = now
            if now - checked >= PULSE_SECONDS:
                if not goes_on():
                    return
                checked = now

    def _period(self) -> float:
        """Return the seconds between samples; the second comes early, because CPU usage needs two."""
        return self._usual_period() if self.is_complete else min(SECOND_SECONDS, self._usual_period())

    # Questions

    def _introduce(self, requests: HttpConnection) -> None:
        """Request info and containers in one exchange: the first screen shows them."""
        info, containers = requests.ask(["/info", listing.PATHS["containers"]], ANSWER_SECONDS)
        self._take_info(engine_readings.engine_reading(info))
        self._take_list(containers)

    def _take_info(self, found: EngineReading) -> None:
        self._reading = found
        self._tell(
            is_answering=True,
            error="",
            engine=found.version,
            role=found.role,
            cpus=found.cpus,
            data_folder=found.data_folder,
        )

    def _list(self, requests: HttpConnection) -> None:
        (answer,) = requests.ask([listing.PATHS["containers"]], ANSWER_SECONDS)
        self._take_list(answer)

    def _take_list(self, answer: HttpResponse) -> None:
        engine_readings.check(answer)  # an engine that refuses is not one without containers
        self._containers.take_list(listing.decode("containers", answer))
        self._tell(containers=self._containers.views())

    def _sample(self, sampler: ContainerSampler, requests: HttpConnection) -> None:
        """Begin to read CPU and memory of the running containers."""
        if self._reading is None or not self._reading.tells_at_once:
            self.is_complete = True  # an old engine would take two seconds for each
            return
        sampler.begin_round()
        self._go_on(sampler, requests)

    def _go_on(self, sampler: ContainerSampler, requests: HttpConnection) -> None:
        sampler.turn(requests)
        self.is_complete = self._containers.is_complete
        self._tell(containers=self._containers.views())

    def _tell(self, **changes: Any) -> None:
        self._publish(seen=time.monotonic(), **changes)

    # Events

    def _wait(self, events: ByteStream, seconds: float) -> bool:
        """Wait for events; return whether one may have changed the list of containers."""
        events.settimeout(seconds)
        try:
            part = events.recv(65536)
        except TimeoutError:
            return self._take_events(b"")  # those that came with the answer's head
        if not part:
            raise ConnectionResetError("the engine closed its events")
        return self._take_events(part)

    def _gather(self, events: ByteStream) -> None:
        """Take the events that come shortly after the first one."""
        ends = time.monotonic() + GATHER_SECONDS
        while (left := ends - time.monotonic()) > 0:
            self._wait(events, left)

    def _take_events(self, part: bytes) -> bool:
        *lines, self._rest = (self._rest + part).split(b"\n")
        if len(self._rest) > LONGEST_EVENT:
            raise MachshError("the engine's events are no lines")
        return any("containers" in listing.touched(line) for line in lines)

    # Connections

    def _dial(self, dial: Dialer) -> ByteStream:
        stream = dial(CONNECT_SECONDS)
        self._streams.append(stream)
        return stream

    def _connection(self, dial: Dialer) -> HttpConnection:
        return HttpConnection(self._dial(dial), most=MOST_BYTES)

    def _close(self) -> None:
        while self._streams:
            with contextlib.suppress(OSError, ValueError, EOFError):
                self._streams.pop().close()
