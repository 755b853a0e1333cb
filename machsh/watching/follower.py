"""Reads one engine's feed in a thread; while the engine is away, tries again until it is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from machsh.engine.dial import ByteStream, Dialer, cut
from machsh.engine.http import HttpConnection, HttpResponse, decode, get
from machsh.errors import FOREIGN, MachshError
from machsh.watching.feed import Feed, FeedItem
from machsh.watching.moments import NANOSECONDS

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
_QUIET_SECONDS = 15.0
"""After this long without a word the engine is asked whether it is still there."""
_PING_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to a machine's feed; `text` goes on behind the machine's name."""

    machine: str
    text: str


@dataclass(frozen=True, slots=True)
class Started:
    """The engine has begun to answer."""

    machine: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A machine's feed has ended, or cannot be had: then with the error."""

    machine: str
    error: MachshError | None = None


Message = FeedItem | Notice | Started | Ended


class RefusedFeedError(MachshError):
    """The engine answers, and refuses; `is_missing` if it does not know what was asked for."""

    def __init__(self, message: str, *, is_missing: bool = False) -> None:
        super().__init__(message)
        self.is_missing = is_missing


class Follower:
    """Reads one engine's feed and hands on what it says. With `follows`, an engine that goes away is awaited.

    `put` takes each message and may block; it gets `Ended` last, unless the follower is closed.
    """

    def __init__(
        self, machine: str, dial: Dialer, feed: Feed, put: Callable[[Message], None], *, follows: bool
    ) -> None:
        self.machine = machine
        self._dial = dial
        self._feed = feed
        self._put = put
        self._follows = follows
        self._closed = threading.Event()
        self._stream: ByteStream | None = None
        self._last: int | None = None
        self._is_away = False
        self._pause = _FIRST_PAUSE

    def start(self) -> None:
        """Begin to read, in a thread of its own."""
        threading.Thread(target=self._run, name="machsh-feed", daemon=True).start()

    def close(self) -> None:
        """End the reading; does not wait for the thread."""
        self._closed.set()
        if self._stream is not None:
            cut(self._stream)

    def _run(self) -> None:
        while not self._closed.is_set():
            error = self._attempt()
            if self._closed.is_set():
                return
            if error is None or not self._follows or isinstance(error, RefusedFeedError):
                self._put(Ended(self.machine, error))
                return
            if not self._is_away:
                self._is_away = True
                self._put(Notice(self.machine, f"is away: {error}"))
            self._closed.wait(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _attempt(self) -> MachshError | None:
        """Read until the feed ends; return None if it is over, else what ended it."""
        try:
            self._read()
            return None if self._is_over() else MachshError("the engine closed the connection")
        except MachshError as error:
            return error
        except TimeoutError:
            return MachshError("the engine does not answer")
        except OSError as error:
            return MachshError((error.strerror or str(error)).lower())
        except FOREIGN as error:  # the machine's driver may be a plugin's
            return MachshError(str(error) or type(error).__name__)

    def _read(self) -> None:
        self._stream = stream = self._dial(CONNECT_SECONDS)
        try:
            connection = HttpConnection(stream)
            head, content = connection.follow(self._feed.path(self._last), ANSWER_SECONDS)
            if head.status != 200:
                raise _refusal(head, content, stream)
            self._has_begun(head)
            reader = self._feed.reader(self.machine)
            while True:
                self._hand_on(reader.take(content))
                content = self._next(stream)
                if not content:
                    break
            self._hand_on(reader.finish())
        finally:
            self._stream = None
            cut(stream)

    def _has_begun(self, head: HttpResponse) -> None:
        self._put(Started(self.machine))
        if self._last is None:  # what comes in a break before the first item must not be lost
            self._last = _clock_of(head)
        self._pause = _FIRST_PAUSE
        if self._is_away:
            self._is_away = False
            self._put(Notice(self.machine, "is back"))

    def _hand_on(self, items: list[FeedItem]) -> None:
        for item in items:
            self._last = max(item.at, self._last or 0)
            self._put(item)

    def _next(self, stream: ByteStream) -> bytes:
        """Wait for more. Raises OSError or MachshError if the engine does not answer a question meanwhile."""
        while not self._closed.is_set():
            stream.settimeout(_QUIET_SECONDS)
            try:
                return stream.recv(_PIECE)
            except TimeoutError:
                if not self._follows:
                    raise
                self._ask("/_ping")
        return b""

    def _is_over(self) -> bool:
        question = self._feed.question
        if not self._follows or not question:
            return not self._follows
        answer = self._ask(question)
        # The machine's clock is told in whole seconds, which are over before the next one is told.
        now = (_clock_of(answer) or time.time_ns()) + NANOSECONDS
        return self._feed.is_over(answer.json(), now)

    def _ask(self, path: str) -> HttpResponse:
        stream = self._dial(_PING_SECONDS)
        try:
            return get(stream, path, _PING_SECONDS)
        finally:
            stream.close()


def _clock_of(head: HttpResponse) -> int | None:
    """Return the machine's time by its answer, in nanoseconds; None if it says none."""
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(head.headers["date"]).timestamp()) * NANOSECONDS
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def _refusal(head: HttpResponse, content: bytes, stream: ByteStream) -> RefusedFeedError:
    """Return the engine's own words for an answer that is no feed."""
    stream.settimeout(_PING_SECONDS)
    while len(content) < _PIECE:
        more = stream.recv(_PIECE)
        if not more:
            break
        content += more
    try:
        said = decode(content)
    except MachshError:
        said = None
    text = said.get("message") if isinstance(said, dict) else None
    return RefusedFeedError(str(text or head.reason), is_missing=head.status == 404)
