"""Faulty servers on loopback: slow, silent, refusing, or sending arbitrary bytes."""

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
    """A server on a loopback port, with a thread; used as a context manager."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._closed = threading.Event()

    @property
    def url(self) -> str:
        """The address in the form of DOCKER_HOST."""
        return f"tcp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else a thread that accepts would wait for ever
        self._listener.close()

    def _run(self) -> None:
        raise NotImplementedError


class BlackHole(_Server):
    """Accepts connections, keeps them in `connections` and never answers."""

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
"""What a Liar does with one connection; the event is set when the server closes."""


class Liar(_Server):
    """Reads the head of one request on each connection, then calls `act`, which may send anything.

    `others` maps a text to the act for heads that contain it.
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
    """Send these bytes and close."""
    return lambda connection, closed: connection.sendall(content)


def dripping(start: bytes, drop: bytes = b"0", seconds: float = 0.05) -> Act:
    """Send `start`, then `drop` every `seconds`, for ever."""

    def act(connection: socket.socket, closed: threading.Event) -> None:
        connection.sendall(start)
        while not closed.wait(seconds):
            connection.sendall(drop)

    return act


def endless(start: bytes, piece: bytes) -> Act:
    """Send `start`, then `piece` for ever, as fast as the client reads."""

    def act(connection: socket.socket, closed: threading.Event) -> None:
        connection.sendall(start)
        while not closed.is_set():
            connection.sendall(piece)

    return act


def resetting(start: bytes) -> Act:
    """Send `start`, then reset the connection, like an engine that is killed."""

    def act(connection: socket.socket, closed: threading.Event) -> None:
        connection.sendall(start)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return act


def refusing_port() -> int:
    """Return a loopback port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class SlowProxy(_Server):
    """Forwards connections to `target`, adding a round-trip time in seconds, also when connecting."""

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
        # Connecting on loopback takes no time, so delay the first byte by the handshake's round trip.
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
