"""The stock of open connections: how many, how old, and what to do while the engine is away."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from machsh.engine.relay.connect import Dial, WarmConnection
from machsh.errors import MachshError

LONGEST_LIFE = 60.0
"""Seconds a spare is kept: routers forget idle connections after some minutes."""
_MOST = 24
_IDLE_SECONDS = 600.0
"""After so long without a command one spare is enough."""
_DEMAND_SECONDS = 10.0
_REFUSE_SECONDS = 1.0
_LONG_SECONDS = 0.5
"""For so long after a failure that took its time new commands are told at once; quick ones try again."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0


class WarmPool:
    """Connections ready to be taken. All methods are for the loop's thread; dialing has threads of its own.

    `news` is called from those threads: the loop then calls `collect`.
    """

    def __init__(self, dial: Dial, count: int, news: Callable[[], None]) -> None:
        self.ready: deque[WarmConnection] = deque()
        self.error: MachshError | None = None
        """Why the last dial failed; None once one has succeeded."""
        self._dial = dial
        self._count = count
        self._news = news
        self._done: queue.SimpleQueue[tuple[WarmConnection | MachshError, float]] = queue.SimpleQueue()
        self._dialing = 0
        self._failed_at = 0.0
        self._took = 0.0
        self._pause = _FIRST_PAUSE
        self._taken: deque[float] = deque(maxlen=_MOST)
        self._last_taken = time.monotonic()

    @property
    def is_refusing(self) -> bool:
        """Whether the engine was found silent just now, so that asking again would only take long."""
        is_recent = time.monotonic() - self._failed_at < _REFUSE_SECONDS
        return self.error is not None and is_recent and self._took > _LONG_SECONDS

    def take(self) -> WarmConnection | None:
        """The youngest spare, if there is one."""
        now = time.monotonic()
        self._taken.append(now)
        self._last_taken = now
        return self.ready.pop() if self.ready else None

    def put_back(self, ready: WarmConnection) -> None:
        """Keep a connection that is as good as new; the oldest of the stock are the first to go."""
        place = next((at for at, one in enumerate(self.ready) if one.born > ready.born), len(self.ready))
        self.ready.insert(place, ready)

    def refill(self, waiting: int = 0) -> None:
        """Dial what is missing; `waiting` clients want one now. While the engine is away, seldom."""
        wanted = waiting
        if self.error is None or time.monotonic() - self._failed_at > self._pause:
            wanted += self._wanted() - len(self.ready)
        if self.error is not None:
            wanted = min(wanted, 1)
        while self._dialing < min(wanted, _MOST):
            self._dialing += 1
            try:
                threading.Thread(target=self._work, daemon=True).start()
            except RuntimeError as error:  # no more threads: those who wait are told
                self._report(MachshError(str(error)), 0.0)

    def collect(self) -> bool:
        """Take in what the dialing threads have brought; whether the last of it was a failure."""
        has_failed = False
        while True:
            try:
                result, took = self._done.get_nowait()
            except queue.Empty:
                return has_failed
            self._dialing -= 1
            has_failed = not isinstance(result, WarmConnection)
            if isinstance(result, WarmConnection):
                self.error, self._pause = None, _FIRST_PAUSE
                self.ready.append(result)
            else:
                self._failed_at, self._took = time.monotonic(), took
                self._pause = min(2 * self._pause, _LONGEST_PAUSE) if self.error else _FIRST_PAUSE
                self.error = result

    def expired(self) -> list[WarmConnection]:
        """Those that are too old or too many now, taken out of the stock."""
        limit = time.monotonic() - LONGEST_LIFE
        gone = list[WarmConnection]()
        while self.ready and (self.ready[0].born < limit or len(self.ready) > self._wanted()):
            gone.append(self.ready.popleft())
        return gone

    def _wanted(self) -> int:
        now = time.monotonic()
        if now - self._last_taken > _IDLE_SECONDS:
            return 1
        recent = sum(1 for moment in self._taken if now - moment < _DEMAND_SECONDS)
        return max(self._count, min(recent, _MOST))

    def _work(self) -> None:
        result: WarmConnection | MachshError
        started = time.monotonic()
        try:
            result = self._dial()
        except MachshError as error:
            result = error
        except Exception as error:  # a thread that ends without a word would leave its client waiting
            result = MachshError(str(error) or type(error).__name__)
        self._report(result, time.monotonic() - started)

    def _report(self, result: WarmConnection | MachshError, took: float) -> None:
        self._done.put((result, took))
        self._news()
