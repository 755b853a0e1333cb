"""Publishes events about machines to plugins' listeners."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from machsh.errors import FOREIGN
from machsh.plugin.catalog import EVENTS, Catalog

CREATED = "created"
"""`create` has ended, successfully or not."""
STARTED = "started"
"""`start` has ended, successfully or not."""
STOPPED = "stopped"
"""`stop` or `kill` has ended, successfully or not."""
REMOVED = "removed"
"""`rm` has removed the machine."""
SWITCHED = "switched"
"""The machine has become active: by `use`, or because the one active before was removed."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event: something that happened to a machine."""

    kind: str
    """created, started, stopped, removed or switched."""
    machine: str
    driver: str = ""
    seconds: float = 0.0
    """The operation's duration."""
    error: str = ""
    """Why it failed; empty on success."""


class Events:
    """Calls the listeners of the `machsh.events.v1` group, which are loaded with the first event."""

    def __init__(self, catalog: Catalog, warn: Callable[[str], None] = lambda text: None) -> None:
        self._catalog = catalog
        self._warn = warn

    def publish(self, event: Event, *, seconds: float = 10.0) -> None:
        """Call all listeners in a thread and wait at most `seconds` for it; 0 does not wait.

        Warns about a listener that raises, and about one that does not finish in time.
        """
        thread = threading.Thread(target=self._tell, args=(event,), name="machsh-events", daemon=True)
        thread.start()
        if seconds <= 0:
            return
        thread.join(seconds)
        if thread.is_alive():
            self._warn(f"a plugin did not finish within {seconds:g} s after {event.machine} was {event.kind}")

    def _tell(self, event: Event) -> None:
        for listener in self._catalog.all(EVENTS):
            try:
                listener(event)
            except FOREIGN as error:  # plugin code
                reason = str(error) or type(error).__name__
                name = getattr(listener, "__name__", type(listener).__name__)
                self._warn(f"plugin {name} failed on {event.kind} {event.machine}: {reason}")


SWITCH_SECONDS = 10.0
"""How long the listeners may take before the next switch is published."""


class SwitchNotifier:
    """Publishes switches of the active machine in order, on a thread: switching never waits for plugins."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def publish(self, machine: str) -> None:
        """Queue a switch to this machine. Ignores "": losing the active machine is not a switch."""
        if not machine:
            return
        self._waiting.put(machine)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="machsh-switches", daemon=True)
            self._thread.start()

    def _work(self) -> None:

        while True:
            machine = self._waiting.get()
            if self._catalog.all(EVENTS):
                Events(self._catalog).publish(Event(SWITCHED, machine), seconds=SWITCH_SECONDS)
