"""The pool of idle connections to the engine: its size, their age, and retries while the engine is down."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from machsh.engine.relay.connect import Dial, WarmConnection
from machsh.errors import MachshError

LONGEST_LIFE = 60.0
"""How many seconds a connection is kept; routers drop idle connections after some minutes."""
_MOST = 24
_IDLE_SECONDS = 600.0
"""After this long without a command, keep only one connection."""
_DEMAND_SECONDS = 10.0
_REFUSE_SECONDS = 1.0
_LONG_SECONDS = 0.5
"""A dial that failed after more than _LONG_SECONDS makes new commands fail at once for _REFUSE_SECONDS.

After a faster failure new commands try again.
"""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0


class WarmPool:
    """Idle connections, ready to be taken. Call all methods in the event loop's thread.

    Other threads open the connections; they call `news` when they finish, and the loop then calls `collect`.
    """

    def __init__(self, dial: Dial, count: int, news: Callable[[], None]) -> None:
        self.ready: deque[WarmConnection] = deque()
        self.error: MachshError | None = None
        """Why the last dial failed; None after a success."""
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
        """Whether a dial has just failed slowly, so that another one would probably be slow too."""
        is_recent = time.monotonic() - self._failed_at < _REFUSE_SECONDS
        return self.error is not None and is_recent and self._took > _LONG_SECONDS

    def take(self) -> WarmConnection | None:
        """Take the youngest connection; None if there is none."""
        now = time.monotonic()
        self._taken.append(now)
        self._last_taken = now
        return self.ready.pop() if self.ready else None

    def put_back(self, ready: WarmConnection) -> None:
        """Return a reusable connection to the pool, sorted by age, because the oldest are dropped first."""
        place = next((at for at, one in enumerate(self.ready) if one.born > ready.born), len(self.ready))
        self.ready.insert(place, ready)

    def refill(self, waiting: int = 0) -> None:
        """Open the missing connections, and one for each of `waiting` clients.

        While the engine is down, open one at a time and retry at growing intervals.
        """
        wanted = waiting
        if self.error is None or time.monotonic() - self._failed_at > self._pause:
            wanted += self._wanted() - len(self.ready)
        if self.error is not None:
            wanted = min(wanted, 1)
        while self._dialing < min(wanted, _MOST):
            self._dialing += 1
            try:
                threading.Thread(target=self._work, daemon=True, name="machsh-dial").start()
            except RuntimeError as error:  # no more threads: report it to the waiting clients
                self._report(MachshError(str(error)), 0.0)

    def collect(self) -> bool:
        """Take the results of the dialing threads; return whether the last of them was a failure."""
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
        """Remove and return the connections that are too old or no longer needed."""
        limit = time.monotonic() - LONGEST_LIFE
        gone = list[WarmConnection]()
        while self.ready and (self._is_old(self.ready[0], limit) or len(self.ready) > self._wanted()):
            gone.append(self.ready.popleft())
        return gone

    @staticmethod
    def _is_old(ready: WarmConnection, limit: float) -> bool:
        return ready.born < limit or not ready.is_current()

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
        except Exception as error:  # without a report the client would wait for ever
            result = MachshError(str(error) or type(error).__name__)
        self._report(result, time.monotonic() - started)

    def _report(self, result: WarmConnection | MachshError, took: float) -> None:
        self._done.put((result, took))
        self._news()
