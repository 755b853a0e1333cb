"""Hosts with faults, on loopback: a slow one, a silent one, one that refuses, and one that lies."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

_CHUNK = 65536


class _Server:
    """A listening socket on loopback and a thread behind it; a context manager."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._closed = threading.Event()

    @property
    def url(self) -> str:
        """The address as docker takes it."""
        return f"tcp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._listener.close()

    def _run(self) -> None:
        raise NotImplementedError


class BlackHole(_Server):
    """Accepts connections and never answers; keeps them in `connections`."""

    def __init__(self) -> None:
        self.connections: list[socket.socket] = []
        super().__init__()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self.connections.append(self._listener.accept()[0])
            except OSError:
                break
        for connection in self.connections:
            connection.close()


Act = Callable[[socket.socket, threading.Event], None]
"""What a liar does with one connection; the event tells that it is closed."""


class Liar(_Server):
    """Reads the head of a request on each connection and answers it as `act` does, which may be anything.

    `others` has another act for heads in which a text occurs.
    """

    def __init__(self, act: Act, others: Mapping[bytes, Act] | None = None) -> None:
        super().__init__()
        self._act = act
        self._others = others or {}
        self.asked: list[bytes] = []
        """The heads of the requests."""

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(30)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(_CHUNK)
                if not piece:
                    return
                head += piece
            self.asked.append(head)
            act = next((act for text, act in self._others.items() if text in head), self._act)
            act(connection, self._closed)


def answering(content: bytes) -> Act:
    """Answer with these bytes and close."""
    return lambda connection, closed: connection.sendall(content)


def dripping(start: bytes, drop: bytes = b"0", seconds: float = 0.05) -> Act:
    """Answer with `start`, then a drop now and then, for ever."""

    def act(connection: socket.socket, closed: threading.Event) -> None:
        connection.sendall(start)
        while not closed.wait(seconds):
            connection.sendall(drop)

    return act


def endless(start: bytes, piece: bytes) -> Act:
    """Answer with `start`, then the piece again and again, as fast as it is taken."""

    def act(connection: socket.socket, closed: threading.Event) -> None:
        connection.sendall(start)
        while not closed.is_set():
            connection.sendall(piece)

    return act


def resetting(start: bytes) -> Act:
    """Answer with `start`, then reset the connection, as an engine that is killed does."""

    def act(connection: socket.socket, closed: threading.Event) -> None:
        connection.sendall(start)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return act


def refusing_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class SlowProxy(_Server):
    """Passes connections on with a round-trip time, in seconds; making a connection costs one too."""

    def __init__(self, target: tuple[str, int], round_trip: float) -> None:
        super().__init__()
        self._target = target
        self._delay = round_trip / 2
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def _run(self) -> None:
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        while not self._closed.is_set():
            wait = min(0.2, max(0.0, self._due[0][0] - time.monotonic())) if self._due else 0.2
            for key, _ in self._selector.select(wait):
                key.data()
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()
        self._selector.close()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        # On loopback connecting takes no time: the round trip it would take goes before the first byte.
        self._later(2 * self._delay, lambda: self._connect(client))

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, timeout=5)
        except OSError:
            client.close()
            return
        for side in (client, server):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ends = [2]
        self._carry(client, server, ends)
        self._carry(server, client, ends)

    def _carry(self, source: socket.socket, sink: socket.socket, ends: list[int]) -> None:
        def read() -> None:
            try:
                content = source.recv(_CHUNK)
            except OSError:
                content = b""
            if not content:
                self._selector.unregister(source)
            self._later(self._delay, lambda: self._deliver(source, sink, content, ends))

        self._selector.register(source, selectors.EVENT_READ, read)

    def _deliver(self, source: socket.socket, sink: socket.socket, content: bytes, ends: list[int]) -> None:
        try:
            if content:
                sink.sendall(content)
                return
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if not content:
            ends[0] -= 1
            if not ends[0]:
                source.close()
                sink.close()
