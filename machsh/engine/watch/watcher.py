"""A thread per engine that keeps its snapshot current: lists everything once, then follows the events."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from machsh.engine.dial import ByteStream, Dialer, cut, dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.http import HttpConnection
from machsh.engine.watch import listing
from machsh.engine.watch.snapshot import Snapshot
from machsh.errors import MachshError

CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 10.0
_QUIET_SECONDS = 30.0
"""After this long without an event, ping the engine."""
_GATHER_SECONDS = 0.02
"""Collect events for this long before listing again, because they come in bursts."""
_SPACING_SECONDS = 0.1
"""Minimum time between two listings on a busy engine."""
_LONGEST_EVENT = 1024 * 1024
"""Size limit of an event in bytes."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
"""Seconds between connection attempts while the engine is down; doubled each time."""


class EngineWatcher:
    """Keeps a snapshot of one engine's objects. Any thread may read `snapshot` at any time without blocking.

    The background thread calls `changed` with each new snapshot.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        dial: Dialer | None = None,
        docker_folder: Path | None = None,
        changed: Callable[[Snapshot], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.endpoint = endpoint
        self.snapshot = Snapshot()
        self._dial = dial
        self._docker_folder = docker_folder
        self._changed = changed
        self._clock = clock
        self._closed = threading.Event()
        self._open: list[ByteStream] = []
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the background thread; does nothing if it was started or closed before."""
        if self._thread is None and not self._closed.is_set():
            self._thread = threading.Thread(target=self._run, name="machsh-names", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop following the engine. Shuts down open connections and does not wait for the thread."""
        self._closed.set()
        for stream in list(self._open):
            cut(stream)

    def _run(self) -> None:
        pause = _FIRST_PAUSE / 2
        while not self._closed.is_set():
            try:
                self._follow()
            except Exception as error:  # a malformed response must not end the thread, or nothing would retry
                pause = _FIRST_PAUSE if self.snapshot.is_live else min(2 * pause, _LONGEST_PAUSE)
                self._publish(is_live=False, error=_text(error))
            finally:
                self._cut_all()
            self._closed.wait(pause)

    def _follow(self) -> None:
        """Subscribe to the events, then list everything, so that no change in between is lost; then follow.

        Returns when the watcher is closed. Raises OSError or MachshError when the connection fails.
        """
        events = self._connect()
        answer, rest = HttpConnection(events).follow(listing.events_path(), _ANSWER_SECONDS)
        if answer.status != 200:
            raise MachshError(f"the engine refuses its events: {answer.status} {answer.reason}")
        lists = HttpConnection(self._connect())
        self._list(lists, listing.PATHS)
        began = self._clock()
        while not self._closed.is_set():
            *lines, rest = rest.split(b"\n")
            kinds = frozenset[str]().union(*(listing.touched(line) for line in lines))
            if kinds:
                kinds, rest = self._gather(events, kinds, rest)
                lists = self._list_again(lists, kinds)
            began = began if rest else self._clock()
            rest += self._wait(events, lists)
            if len(rest) > _LONGEST_EVENT or (rest and self._clock() - began > _QUIET_SECONDS):
                raise MachshError("the engine's events are no lines")

    def _gather(self, events: ByteStream, kinds: frozenset[str], rest: bytes) -> tuple[frozenset[str], bytes]:
        """Collect the events that follow shortly, for longer if the last listing was very recent."""
        since = self._clock() - (self.snapshot.seen or 0.0)
        ends = self._clock() + max(_GATHER_SECONDS, _SPACING_SECONDS - since)
        while (left := ends - self._clock()) > 0:
            events.settimeout(left)
            with contextlib.suppress(TimeoutError):
                rest += _some(events)
            *lines, rest = rest.split(b"\n")
            kinds = kinds.union(*(listing.touched(line) for line in lines))
        return kinds, rest

    def _wait(self, events: ByteStream, lists: HttpConnection) -> bytes:
        events.settimeout(_QUIET_SECONDS)
        try:
            return _some(events)
        except TimeoutError:
            lists.ask(["/_ping"], _ANSWER_SECONDS)
            self._publish(is_live=True, error="", seen=self._clock())
            return b""

    def _connect(self) -> ByteStream:
        stream = (self._dial or dialer(self.endpoint))(CONNECT_SECONDS)
        stream.settimeout(_ANSWER_SECONDS)
        self._open.append(stream)
        if self._closed.is_set():
            raise MachshError("closed")
        return stream

    def _list_again(self, lists: HttpConnection, kinds: frozenset[str]) -> HttpConnection:
        """List some kinds again; reconnect once, because the engine may have closed the idle connection."""
        try:
            self._list(lists, kinds)
        except OSError:
            lists.close()
            lists = HttpConnection(self._connect())
            self._list(lists, kinds)
        return lists

    def _list(self, lists: HttpConnection, kinds: Iterable[str]) -> None:
        wanted = list(dict.fromkeys(["containers", *kinds]))
        replies = dict(
            zip(wanted, lists.ask([listing.PATHS[kind] for kind in wanted], _ANSWER_SECONDS), strict=True)
        )
        found: dict[str, Any] = {kind: listing.decode(kind, reply) for kind, reply in replies.items()}
        if "volumes" in found:
            found["volumes"] = listing.with_users(found["volumes"], replies["containers"])
        if self._docker_folder is not None:
            found["contexts"] = listing.contexts(self._docker_folder)
        self._publish(is_live=True, error="", seen=self._clock(), **found)

    def _publish(self, **changes: Any) -> None:
        if self._closed.is_set():
            return
        self.snapshot = dataclasses.replace(self.snapshot, **changes)
        if self._changed is not None:
            self._changed(self.snapshot)

    def _cut_all(self) -> None:
        while self._open:
            cut(self._open.pop())


def _some(stream: ByteStream) -> bytes:
    part = stream.recv(65536)
    if not part:
        raise ConnectionResetError("the engine closed its events")
    return part


def _text(error: Exception) -> str:
    if isinstance(error, MachshError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "the engine does not answer"
    return str(error) or type(error).__name__
