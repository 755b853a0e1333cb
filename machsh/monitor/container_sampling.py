"""Reads the containers of one engine in turns that are short enough for its follower to hear of events."""

from __future__ import annotations

import time
from collections.abc import Callable

from machsh.engine.http import HttpConnection, HttpResponse
from machsh.monitor import engine_readings
from machsh.monitor.container_readings import ContainerReadings

FIRST = 3
"""How many are asked about in one go while nobody knows how long the engine takes for one."""
AT_ONCE = 16
"""How many are asked about in one go of an engine that answers at once."""
TURN_SECONDS = 1.0
"""How long a turn should take."""
LANES = 8
"""Connections to an engine that lets each question wait: those of 20.10 do, for up to a second, until they
sample by themselves. Questions on one connection would wait for each other."""


class ContainerSampler:
    """Samples the running containers round after round; each turn takes those that waited longest."""

    def __init__(
        self,
        readings: ContainerReadings,
        connect: Callable[[], HttpConnection],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`connect` opens a further connection; each answer must come within `seconds`."""
        self._readings = readings
        self._connect = connect
        self._seconds = seconds
        self._clock = clock
        self._at_once = FIRST
        self._lanes: list[HttpConnection] = []
        self._left = 0

    @property
    def is_between_rounds(self) -> bool:
        """Whether all containers were asked since the last round began."""
        return self._left <= 0

    def begin_round(self) -> None:
        """Have every container asked once more."""
        self._left = len(self._readings.running())

    def turn(self, requests: HttpConnection) -> None:
        """Read some of the containers. Raises OSError or MachshError."""
        waiting = self._readings.longest_unasked()
        self._left = min(self._left, len(waiting))
        asked = waiting[: min(self._left, self._at_once if self._at_once > 1 else LANES)]
        self._left -= len(asked)
        paths = [engine_readings.STATS.format(id=one) for one in asked]
        began = self._clock()
        answers = requests.ask(paths, self._seconds) if self._at_once > 1 else self._side_by_side(paths)
        self._learn(len(asked), self._clock() - began)
        for identity, answer in zip(asked, answers, strict=True):
            self._readings.take_sample(identity, engine_readings.container_reading(answer))

    def _side_by_side(self, paths: list[str]) -> list[HttpResponse]:
        while len(self._lanes) < len(paths):
            self._lanes.append(self._connect())
        lanes = self._lanes[: len(paths)]
        for lane, path in zip(lanes, paths, strict=True):
            lane.put([path], self._seconds)
        return [answer for lane in lanes for answer in lane.take(1)]

    def _learn(self, count: int, took: float) -> None:
        """Choose how many are asked next; a slow engine stays slow. Few answers may come soon by chance."""
        fitting = min(AT_ONCE, int(TURN_SECONDS * count / took)) if took > 0 else AT_ONCE
        if self._at_once > 1 and (count >= FIRST or fitting < self._at_once):
            self._at_once = max(1, fitting)
