"""Tells plugins of a switch, from a thread of its own: `use` waits for nobody."""

from __future__ import annotations

import queue
import threading

from machsh.plugin.catalog import EVENTS, Catalog

SECONDS = 10.0
"""How long a listener may take before the next switch is told."""


class Switches:
    """The switches that are still to be told."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def tell(self, machine: str) -> None:
        """Tell of it soon; that none is active any more is no switch."""
        if not machine:
            return
        self._waiting.put(machine)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="machsh-switches", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        from machsh.plugin.events import SWITCHED, Event, Events

        while True:
            machine = self._waiting.get()
            if self._catalog.all(EVENTS):
                Events(self._catalog).tell(Event(SWITCHED, machine), seconds=SECONDS)
