"""What engines tell over a kept connection: the pieces of it, as they come, with their times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from machsh.engine.http import decode
from machsh.errors import MachshError
from machsh.watching.moments import NANOSECONDS, as_seconds, has_come, nanoseconds_of

LONGEST_PIECE = 1 << 20
"""Bytes of one event, or of one line of a log; what is longer is cut there."""
_FRAME = 8
_ERROR_STREAM = 2
_RESTARTED = ("always", "unless-stopped")


@dataclass(frozen=True, slots=True, order=True)
class FeedItem:
    """One event, or one line of a log."""

    at: int
    """Nanoseconds since 1970 by the machine's clock."""
    machine: str
    text: str = field(compare=False)
    is_error: bool = field(default=False, compare=False)
    """Whether the line came on a container's standard error stream."""


class Feed(Protocol):
    """What is asked of each engine, and how its answer is read."""

    def path(self, since: int | None) -> str:
        """Return the API path; `since` is the time of the last item that was seen, if there was one."""

    def reader(self, machine: str) -> FeedReader:
        """Return what reads one answer."""

    @property
    def question(self) -> str:
        """The API path to ask when an answer has ended, for `is_over`; empty if it never ends by itself."""

    def is_over(self, answer: Any, now: int) -> bool:
        """Whether the feed has ended for good, by the answer to `question` at `now` in nanoseconds."""


class FeedReader(Protocol):
    """Turns the bytes of an answer into items."""

    def take(self, content: bytes) -> list[FeedItem]:
        """Take more bytes, return the items that are whole. Raises MachshError for what is no such answer."""

    def finish(self) -> list[FeedItem]:
        """Return what is left at the end."""


@dataclass(frozen=True, slots=True)
class EventFeed:
    """An engine's events."""

    since: str = ""
    until: str = ""
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    as_json: bool = False

    def path(self, since: int | None) -> str:
        """Return the path with the events' times and filters."""
        query = {"since": self.since if since is None else as_seconds(since + 1), "until": self.until}
        if self.filters:
            query["filters"] = json.dumps(dict(self.filters), separators=(",", ":"))
        return with_query("/events", query)

    def reader(self, machine: str) -> EventReader:
        """Return a reader of events."""
        return EventReader(machine, as_json=self.as_json)

    @property
    def question(self) -> str:
        """Ask for anything that an engine which is there answers; only `until` ends events."""
        return "/version" if self.until else ""

    def is_over(self, answer: Any, now: int) -> bool:
        """Whether the time has come up to which events were asked for."""
        return has_come(self.until, now)


class EventReader:
    """Reads an engine's events: one JSON document on each line."""

    def __init__(self, machine: str, *, as_json: bool = False) -> None:
        self._machine = machine
        self._as_json = as_json
        self._rest = b""

    def take(self, content: bytes) -> list[FeedItem]:
        """Return the events whose lines are whole."""
        *lines, self._rest = (self._rest + content).split(b"\n")
        if len(self._rest) > LONGEST_PIECE:
            raise MachshError("the engine's events are no lines")
        return [self._item(decode(line)) for line in lines if line.strip()]

    def finish(self) -> list[FeedItem]:
        """Return nothing: a line that was cut is no event."""
        return []

    def _item(self, event: Any) -> FeedItem:
        if not isinstance(event, dict):
            raise MachshError("the engine's events are no events")
        at = event.get("timeNano") or int(event.get("time") or 0) * NANOSECONDS
        if self._as_json:
            own = {"machine": self._machine}  # first, and not what the engine may say of itself
            text = json.dumps({**own, **event, **own}, separators=(",", ":"))
        else:
            text = event_line(event)
        return FeedItem(int(at), self._machine, text)


def event_line(event: Mapping[str, Any]) -> str:
    """Return an event as `docker events` prints it, without its time."""
    actor = event.get("Actor") or {}
    pairs = ", ".join(f"{key}={value}" for key, value in sorted((actor.get("Attributes") or {}).items()))
    words = [str(event.get("Type", "")), str(event.get("Action", "")), str(actor.get("ID", ""))]
    return " ".join(words) + (f" ({pairs})" if pairs else "")


@dataclass(frozen=True, slots=True)
class LogFeed:
    """The log of a container that has the same name on several machines."""

    container: str
    follows: bool = False
    since: str = ""
    until: str = ""
    tail: str = ""

    def path(self, since: int | None) -> str:
        """Return the path of the log; after a break of what is newer than the last line."""
        query = {
            "stdout": "1",
            "stderr": "1",
            "timestamps": "1",
            "follow": "1" if self.follows else "",
            "since": self.since if since is None else as_seconds(since + 1),
            "until": self.until,
            "tail": self.tail if since is None else "",
        }
        return with_query(f"/containers/{quote(self.container, safe='')}/logs", query)

    def reader(self, machine: str) -> LogReader:
        """Return a reader of log lines."""
        return LogReader(machine)

    @property
    def question(self) -> str:
        """Ask for the container itself."""
        return f"/containers/{quote(self.container, safe='')}/json"

    def is_over(self, answer: Any, now: int) -> bool:
        """Whether the time has come, or the container has stopped and its engine will not start it again."""
        if has_come(self.until, now):
            return True
        try:
            policy = answer["HostConfig"]["RestartPolicy"]["Name"]
            return not answer["State"]["Running"] and policy not in _RESTARTED
        except (LookupError, TypeError):
            return True  # it is no more


class LogReader:
    """Reads a container's log: frames of its two streams, or plain lines if it has a terminal.

    Each line begins with its time. A frame begins with the number of its stream and three zeros: no line does
    that.
    """

    def __init__(self, machine: str) -> None:
        self._machine = machine
        self._raw = b""
        self._is_framed: bool | None = None
        self._lines = {False: b"", True: b""}
        self._last = 0

    def take(self, content: bytes) -> list[FeedItem]:
        """Return the lines that are whole."""
        self._raw += content
        if self._is_framed is None and len(self._raw) >= _FRAME:
            self._is_framed = self._raw[0] in (0, 1, 2) and self._raw[1:4] == b"\0\0\0"
        if self._is_framed is None:
            return []
        if not self._is_framed:
            content, self._raw = self._raw, b""
            return self._cut(content, is_error=False)
        return self._frames()

    def finish(self) -> list[FeedItem]:
        """Return the last lines, which may have no end."""
        found = [] if self._is_framed else self._cut(self._raw, is_error=False)
        for is_error, rest in self._lines.items():
            if rest:
                found.append(self._item(rest, is_error=is_error))
        return found

    def _frames(self) -> list[FeedItem]:
        found: list[FeedItem] = []
        while len(self._raw) >= _FRAME:
            size = int.from_bytes(self._raw[4:_FRAME], "big")
            if size > LONGEST_PIECE:
                raise MachshError("the engine's answer is no log")
            if len(self._raw) < _FRAME + size:
                break
            content = self._raw[_FRAME : _FRAME + size]
            found += self._cut(content, is_error=self._raw[0] == _ERROR_STREAM)
            self._raw = self._raw[_FRAME + size :]
        return found

    def _cut(self, content: bytes, *, is_error: bool) -> list[FeedItem]:
        *lines, rest = (self._lines[is_error] + content).split(b"\n")
        if len(rest) > LONGEST_PIECE:
            lines, rest = [*lines, rest], b""
        self._lines[is_error] = rest
        return [self._item(line, is_error=is_error) for line in lines]

    def _item(self, line: bytes, *, is_error: bool) -> FeedItem:
        text = line.decode("utf-8", "replace").rstrip("\r")
        written, _, rest = text.partition(" ")
        at = nanoseconds_of(written)
        if at is None:
            return FeedItem(self._last, self._machine, text, is_error)
        self._last = at
        return FeedItem(at, self._machine, rest, is_error)


def with_query(path: str, query: Mapping[str, str]) -> str:
    """Return a path with those parameters that are not empty."""
    words = [f"{key}={quote(value, safe='')}" for key, value in query.items() if value]
    return "?".join([path, "&".join(words)] if words else [path])
