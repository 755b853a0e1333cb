"""The feeds of many engines as one, in the order of time."""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from machsh.engine.dial import Dialer
from machsh.watching.feed import Feed, FeedItem
from machsh.watching.follower import Ended, Follower, Message, Notice, Started

HOLD_SECONDS = 0.3
"""How long an item is held back, in case another machine reports an earlier one."""
START_SECONDS = 2.0
"""How long to wait at the beginning for engines that do not answer yet."""
_MOST_HELD = 10_000
_MOST_WAITING = 1000
"""How many messages may wait to be read: a feed that nobody reads is not read from its engine either."""
_LOOK_SECONDS = 0.1


class MergedFeeds:
    """The feeds of several machines, merged by time. Iterate it once; `close` ends all threads.

    Yields items, and notices and ends of machines as they happen. With `follows` items come when they
    happen, ordered as far as they arrive within HOLD_SECONDS; without, all are in order.
    """

    def __init__(
        self,
        dialers: Mapping[str, Dialer],
        feed: Feed,
        *,
        follows: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._follows = follows
        self._closed = threading.Event()
        shared: queue.Queue[Message] = queue.Queue(_MOST_WAITING)
        self._queues: dict[str, queue.Queue[Message]] = {
            name: shared if follows else queue.Queue(_MOST_WAITING) for name in dialers
        }
        self._followers = [
            Follower(name, dial, feed, self._putter(self._queues[name]), follows=follows)
            for name, dial in dialers.items()
        ]

    def _putter(self, waiting: queue.Queue[Message]) -> Callable[[Message], None]:
        def put(message: Message) -> None:
            while not self._closed.is_set():
                try:
                    waiting.put(message, timeout=_LOOK_SECONDS)
                    return
                except queue.Full:
                    continue

        return put

    def close(self) -> None:
        """End all feeds."""
        self._closed.set()
        for one in self._followers:
            one.close()

    def __iter__(self) -> Iterator[FeedItem | Notice | Ended]:
        for one in self._followers:
            one.start()
        try:
            yield from self._live() if self._follows else self._whole()
        finally:
            self.close()

    def _whole(self) -> Iterator[FeedItem | Notice | Ended]:
        others: list[Notice | Ended] = []
        yield from heapq.merge(*(_items(one, others) for one in self._queues.values()))
        yield from others

    def _live(self) -> Iterator[FeedItem | Notice | Ended]:
        (shared,) = set(self._queues.values())
        held: list[tuple[FeedItem, int, float]] = []
        going, waited_for = set(self._queues), set(self._queues)
        began, count = self._clock(), 0
        while going:
            try:
                message: Message | None = shared.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                message = None
            if isinstance(message, FeedItem):
                count += 1  # items that compare equal keep the order in which they came
                heapq.heappush(held, (message, count, self._clock()))
            elif message is not None:
                waited_for.discard(message.machine)
                if isinstance(message, Ended):
                    going.discard(message.machine)
                if not isinstance(message, Started):
                    yield message
            if not waited_for or self._clock() - began > START_SECONDS:
                yield from self._due(held)
        while held:
            yield heapq.heappop(held)[0]

    def _due(self, held: list[tuple[FeedItem, int, float]]) -> Iterator[FeedItem]:
        while held and (len(held) > _MOST_HELD or self._clock() - held[0][2] >= HOLD_SECONDS):
            yield heapq.heappop(held)[0]


def _items(waiting: queue.Queue[Message], others: list[Notice | Ended]) -> Iterator[FeedItem]:
    """Yield a machine's items until its feed ends; collect what else it says."""
    while True:
        try:
            message = waiting.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            continue
        if isinstance(message, FeedItem):
            yield message
        elif not isinstance(message, Started):
            others.append(message)
            if isinstance(message, Ended):
                return
