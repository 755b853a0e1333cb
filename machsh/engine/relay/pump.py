"""Copies bytes between a docker client and the engine; each direction is closed separately."""

from __future__ import annotations

import contextlib
import json
import selectors
from collections.abc import Callable

from machsh.engine.link import Link, has_hung_up
from machsh.engine.relay.exchange import Exchange

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_PING = b"HEAD /_ping HTTP/1.1\r\n"
_END = b"\r\n\r\n"
_LONGEST_HEAD = 65536


class Registered:
    """A link registered in the selector; calls the selector only when the awaited events change."""

    def __init__(self, selector: selectors.BaseSelector, link: Link, handler: Callable[[int], None]) -> None:
        self._selector = selector
        self._link = link
        self._handler = handler
        self._events = 0

    def wait_for(self, events: int) -> None:
        """Wait for these selector events from now on; 0 unregisters the link."""
        if events == self._events:
            return
        if not self._events:
            self._selector.register(self._link, events, self._handler)
        elif not events:
            self._selector.unregister(self._link)
        else:
            self._selector.modify(self._link, events, self._handler)
        self._events = events


class Pump:
    """One client and its connection to the engine. `done` is called once, when the client is closed.

    The connection to the engine is then closed too, unless `is_reusable`.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        client: Link,
        engine: Link,
        ping: bytes,
        done: Callable[[Pump], None],
    ) -> None:
        self._client, self._engine = client, engine
        self._ping = ping
        self._head = bytearray()
        self._done = done
        self._exchange = Exchange()
        self.is_reusable = False
        self._is_closed = False
        self._in_selector = (
            Registered(selector, client, lambda events: self._step(events, client, engine)),
            Registered(selector, engine, lambda events: self._step(events, engine, client)),
        )
        self._wait()

    def look(self) -> None:
        """Close if the client is gone. Once it has half-closed, no event reports that: poll this method."""
        if self._client.has_ended and has_hung_up(self._client):
            self.close()

    def close(self) -> None:
        """Close the client, and the engine's connection unless it can be reused."""
        if self._is_closed:
            return
        self._is_closed = True
        for registered in self._in_selector:
            registered.wait_for(0)
        self._client.close()
        self.is_reusable = self._exchange.is_complete and not self._engine.has_ended
        if not self.is_reusable:
            self._engine.close()
        self._done(self)

    def _step(self, events: int, source: Link, sink: Link) -> None:
        if self._is_closed:
            return
        try:
            if events & _WRITE:
                source.flush()
            if events & _READ and not source.has_ended:
                self._carry(source, sink)
        except OSError:
            self._exchange.give_up()
            self.close()
            return
        if self._is_over():
            self.close()
        else:
            self._wait()

    def _carry(self, source: Link, sink: Link) -> None:
        content = source.receive()
        if content:
            if source is self._client and self._ping:
                content = self._answer_pings(content)
            if content:
                self._exchange.asked(content) if source is self._client else self._exchange.answered(content)
                sink.send(content)
        if source.has_ended:
            if source is self._client and self._head:
                sink.send(bytes(self._head))  # an incomplete ping
                self._head.clear()
            if source is self._client and has_hung_up(source):
                self.close()
            else:
                self._exchange.give_up()
                sink.finish()

    def _answer_pings(self, content: bytes) -> bytes:
        """Answer the client's leading pings with the cached response; return the bytes that follow them.

        Returns b"" while the bytes received so far may be the beginning of a ping.
        """
        self._head += content
        while self._head.startswith(_PING) and _END in self._head:
            del self._head[: self._head.index(_END) + len(_END)]
            self._client.send(self._ping)
        if _PING.startswith(self._head[: len(_PING)]) and len(self._head) < _LONGEST_HEAD:
            return b""
        self._ping = b""
        rest, self._head = bytes(self._head), bytearray()
        return rest

    def _is_over(self) -> bool:
        both_ended = self._client.has_ended and self._engine.has_ended
        return both_ended and not self._client.has_unsent and not self._engine.has_unsent

    def _wait(self) -> None:
        if self._is_closed:
            return
        pairs = ((self._client, self._engine), (self._engine, self._client))
        for registered, (source, sink) in zip(self._in_selector, pairs, strict=True):
            reading = _READ if not source.has_ended and not sink.has_unsent else 0
            registered.wait_for(reading | (_WRITE if source.has_unsent else 0))


class Refusal:
    """Answers a client with an HTTP 503 error, whose message docker prints."""

    def __init__(
        self, selector: selectors.BaseSelector, client: Link, reason: str, done: Callable[[Refusal], None]
    ) -> None:
        self._client = client
        self._reason = reason
        self._done = done
        self._head = bytearray()
        self._in_selector = Registered(selector, client, self._step)
        self._in_selector.wait_for(_READ)

    def look(self) -> None:
        """Do nothing: while a refusal is reading, the client's closing is an event."""

    def close(self) -> None:
        """Close the client and call `done`."""
        self._in_selector.wait_for(0)
        self._client.close()
        self._done(self)

    def _step(self, events: int) -> None:
        with contextlib.suppress(OSError):
            self._head += self._client.receive()
            # Wait for the whole request: the client ignores a response sent before it.
            if _END not in self._head and not self._client.has_ended and len(self._head) < _LONGEST_HEAD:
                return
            self._client.send(self._answer())
        self.close()

    def _answer(self) -> bytes:
        body = json.dumps({"message": self._reason}).encode()
        head = (
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode()
        return head if self._head.startswith(b"HEAD ") else head + body
