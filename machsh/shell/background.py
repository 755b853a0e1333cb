"""Runs slow lookups on one background thread; callers never block."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable

_Task = tuple[Hashable, Callable[[], None]]


class BackgroundWorker:
    """One daemon thread that runs tasks in order, at most one at a time for each key.

    `news` is called after each task, on the thread. If a task raises, `on_error` gets the exception and the
    next task runs.
    """

    def __init__(
        self,
        name: str,
        news: Callable[[], None] = lambda: None,
        on_error: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._on_error = on_error
        self._news = news
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._waiting: set[Hashable] = set()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._lock = threading.Lock()
        self._is_started = False

    def ask(self, key: Hashable, task: Callable[[], None]) -> None:
        """Queue a task and return at once; does nothing if one with this key is queued or running."""
        with self._lock:
            if key in self._waiting:
                return
            self._waiting.add(key)
            if not self._is_started:
                self._is_started = True
                self._thread.start()
        self._tasks.put((key, task))

    def is_waiting(self, key: Hashable) -> bool:
        """Return whether a task with this key is queued or running."""
        return key in self._waiting

    def _work(self) -> None:
        while True:
            key, task = self._tasks.get()
            try:
                task()
            except Exception as error:  # a failed lookup must not end the thread
                self._on_error(error)
            self._waiting.discard(key)
            self._news()
