"""The relay's event loop: accepts clients and connects each to the engine until the shell exits."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from collections import deque
from functools import partial

from machsh.engine.link import Link
from machsh.engine.relay.connect import Dial, WarmConnection
from machsh.engine.relay.limits import most_clients
from machsh.engine.relay.pump import Pump, Refusal
from machsh.engine.relay.warm_pool import WarmPool

_READ = selectors.EVENT_READ
_TICK_SECONDS = 1.0
_REST_SECONDS = 0.05
"""Wait this long before opening new connections, so as not to compete with a short command for the CPU."""


class Server:
    """Serves the clients of one socket until the pipe from the shell closes."""

    def __init__(
        self, listener: socket.socket, pipe: int, dial: Dial, name: str, spares: int, most: int = 0
    ) -> None:
        """Serve at most `most` clients at once, 0 for as many as open files allow; others wait."""
        self._listener = listener
        self._pipe = pipe
        self._name = name
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._spares = WarmPool(dial, spares, self._wake)
        self._watched: dict[int, WarmConnection] = {}
        self._waiting: deque[Link] = deque()
        self._served: set[Pump | Refusal] = set()
        self._is_over = False
        self._is_retiring = False
        self._is_accepting = False
        self._most = most or most_clients()
        self._next_tick = 0.0

    def run(self) -> None:
        """Serve until the shell closes the pipe, or until it has asked to retire and all clients are done."""
        self._listener.setblocking(False)
        self._wake_read.setblocking(False)
        self._listen(True)
        self._selector.register(self._wake_read, _READ, lambda events: self._collect())
        self._selector.register(self._pipe, _READ, lambda events: self._hear())
        self._spares.refill()
        self._next_tick = time.monotonic() + _TICK_SECONDS
        try:
            self._loop()
        finally:
            self._close()

    def _loop(self) -> None:
        while not self._is_over:
            for key, events in self._selector.select(max(0.0, self._next_tick - time.monotonic())):
                key.data(events)
            if time.monotonic() >= self._next_tick:
                self._next_tick = time.monotonic() + _TICK_SECONDS
                self._tick()

    def _close(self) -> None:
        """Close everything but listener and pipe, for a process that goes on."""
        self._is_over = True
        while self._waiting:
            self._waiting.popleft().close()
        for served in list(self._served):
            served.close()
        for ready in list(self._spares.ready):
            self._drop(ready)
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_write.send(b"!")

    def _hear(self) -> None:
        """Stop when the pipe closes; start to retire when the shell writes anything to it."""
        if not os.read(self._pipe, 4096):
            self._is_over = True
        elif not self._is_retiring:
            self._is_retiring = True
            self._listen(False)
            self._listener.close()

    def _accept(self) -> None:
        while self._has_room and not self._is_retiring:
            try:
                client, _ = self._listener.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError:  # no free descriptors or memory; the client stays in the backlog
                break
            self._waiting.append(Link(client))
            self._serve()
        self._listen(False)  # until a client has finished, or the next tick

    @property
    def _has_room(self) -> bool:
        return len(self._served) + len(self._waiting) < self._most

    def _listen(self, is_wanted: bool) -> None:
        """Start or stop accepting new clients; those not accepted stay in the backlog."""
        if is_wanted and not self._is_accepting and not self._is_retiring:
            self._selector.register(self._listener, _READ, lambda events: self._accept())
            self._is_accepting = True
        elif not is_wanted and self._is_accepting:
            self._selector.unregister(self._listener)
            self._is_accepting = False

    def _ended(self, served: Pump | Refusal, ready: WarmConnection | None = None) -> None:
        self._served.discard(served)
        if ready is not None and isinstance(served, Pump) and served.is_reusable:
            self._spares.put_back(ready)
            if not self._is_over:
                self._serve()
        if self._has_room and not self._is_over:
            self._listen(True)

    def _collect(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake_read.recv(4096):
                pass
        self._serve(has_failed=self._spares.collect())

    def _serve(self, has_failed: bool = False) -> None:
        while self._waiting and (ready := self._take()):
            client = self._waiting.popleft()
            ended = partial(self._ended, ready=ready)
            self._served.add(Pump(self._selector, client, ready.link, ready.ping, ended))
        if self._waiting and (has_failed or self._spares.is_refusing):
            self._refuse()
        if self._waiting or not self._spares.ready:
            self._spares.refill(len(self._waiting))
        else:
            self._next_tick = min(self._next_tick, time.monotonic() + _REST_SECONDS)
        self._watch()

    def _take(self) -> WarmConnection | None:
        """Take the youngest idle connection that is still usable.

        It may have closed in this same iteration of the loop, before its event was handled.
        """
        while ready := self._spares.take():
            self._unwatch(ready)
            if ready.is_current() and ready.is_quiet():
                return ready
            ready.link.close()
        return None

    def _refuse(self) -> None:
        reason = f"machine {self._name}: {self._spares.error}" if self._name else str(self._spares.error)
        while self._waiting:
            client = self._waiting.popleft()
            self._served.add(Refusal(self._selector, client, reason, self._ended))

    def _watch(self) -> None:
        """Watch the idle connections, to drop any that sends data or closes."""
        for ready in self._spares.ready:
            if ready.link.fileno() not in self._watched:
                self._watched[ready.link.fileno()] = ready
                self._selector.register(ready.link, _READ, lambda events, it=ready: self._spoiled(it))

    def _spoiled(self, ready: WarmConnection) -> None:
        if ready.link.fileno() not in self._watched:
            return  # a client took it in this same iteration of the loop
        if ready.is_quiet():
            return  # a TLS record without content, such as a session ticket
        with contextlib.suppress(ValueError):
            self._spares.ready.remove(ready)
        self._drop(ready)
        self._spares.refill(len(self._waiting))

    def _drop(self, ready: WarmConnection) -> None:
        self._unwatch(ready)
        ready.link.close()

    def _unwatch(self, ready: WarmConnection) -> None:
        if self._watched.pop(ready.link.fileno(), None) is not None:
            self._selector.unregister(ready.link)

    def _tick(self) -> None:
        for ready in self._spares.expired():
            self._drop(ready)
        for served in list(self._served):
            served.look()
        if self._has_room:
            self._listen(True)
        if self._is_retiring and not self._served and not self._waiting:
            self._is_over = True
            return
        self._spares.refill(len(self._waiting))
