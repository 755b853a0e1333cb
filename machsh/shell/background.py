"""Runs slow lookups on one background thread; callers never block."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable

_Task = tuple[Hashable, Callable[[], None]]


class BackgroundWorker:
    """One daemon thread that does tasks in order, each key once at a time.

    `news` is called after each task, from the thread. A task that raises is dropped: what it would have
    brought stays unknown, and `on_error` gets the exception.
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
        """Have a task done soon, unless one of that key is waiting already."""
        with self._lock:
            if key in self._waiting:
                return
            self._waiting.add(key)
            if not self._is_started:
                self._is_started = True
                self._thread.start()
        self._tasks.put((key, task))

    def is_waiting(self, key: Hashable) -> bool:
        """Whether a task of that key is not done yet."""
        return key in self._waiting

    def _work(self) -> None:
        while True:
            key, task = self._tasks.get()
            try:
                task()
            except Exception as error:  # completion data is never worth a crash
                self._on_error(error)
            self._waiting.discard(key)
            self._news()
