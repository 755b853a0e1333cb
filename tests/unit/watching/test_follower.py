"""One engine's feed: what ends it, what is awaited, and what is told of it."""

import json

import pytest

from machsh.watching import follower
from machsh.watching.feed import EventFeed, FeedItem, LogFeed
from machsh.watching.follower import Ended, Follower, Notice, RefusedFeedError, Started
from tests.support.feed_stream import REFUSED, FeedStream, feed_of

LATER = "Thu, 01 Jan 1970 00:01:00 GMT"


class Stopwatch:
    """Stands for the event that closes a follower: keeps its pauses, and is set after so many."""

    def __init__(self, most):
        self.most, self.waited = most, []

    def is_set(self):
        return len(self.waited) >= self.most

    def set(self):
        self.most = 0

    def wait(self, seconds):
        self.waited.append(seconds)


class Trial:
    """A follower whose engine is a list of streams, and of errors; runs it until they are used up."""

    def __init__(self, *streams, feed=None, follows=True, pauses=99):
        self.streams, self.left, self.told = streams, list(streams), []
        self.follower = Follower("web", self.dial, feed or EventFeed(), self.told.append, follows=follows)
        self.follower._closed = Stopwatch(min(pauses, len(streams)))
        self.follower._run()

    def dial(self, seconds):
        assert self.left, "nobody asks once more"
        found = self.left.pop(0)
        if isinstance(found, BaseException):
            raise found
        return found

    @property
    def pauses(self):
        return self.follower._closed.waited

    @property
    def ended(self):
        (one,) = [one for one in self.told if isinstance(one, Ended)]
        return one.error and str(one.error)

    def of(self, kind):
        return [one for one in self.told if isinstance(one, kind)]


def events(*times):
    return b"".join(json.dumps({"Type": "image", "timeNano": one}).encode() + b"\n" for one in times)


def version(date=LATER):
    return FeedStream(f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 2\r\n\r\n{{}}".encode())


def container(*, running):
    state = {"State": {"Running": running}, "HostConfig": {"RestartPolicy": {"Name": "no"}}}
    body = json.dumps(state)
    return FeedStream(
        f"HTTP/1.1 200 OK\r\nDate: {LATER}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )


def test_what_an_engine_refuses_is_not_asked_again():
    trial = Trial(FeedStream(REFUSED), feed=LogFeed("web", follows=True))
    assert trial.ended == "No such container: web"
    assert trial.told[-1].error.is_missing
    assert trial.streams[0].is_closed


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b""])
def test_a_refusal_that_is_no_engines_is_told_by_its_status(body):
    trial = Trial(FeedStream(b"HTTP/1.0 502 Bad Gateway\r\n\r\n", body))
    assert trial.ended == "Bad Gateway"
    assert isinstance(trial.told[-1].error, RefusedFeedError)
    assert not trial.told[-1].error.is_missing


def test_a_refusal_without_an_end_is_not_read_to_it_and_not_waited_for_long():
    piece = b"x" * (1 << 16)
    trial = Trial(FeedStream(b"HTTP/1.0 500 No\r\n\r\n", piece, piece, piece))
    assert trial.ended == "No"
    (stream,) = trial.streams
    assert len(stream.pieces) == 2
    assert stream.limits[-1] == follower._PING_SECONDS


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (TimeoutError(), "the engine does not answer"),
        (RuntimeError("the driver of somebody else"), "the driver of somebody else"),
        (SystemExit(), "SystemExit"),
    ],
)
def test_an_engine_that_cannot_be_reached_ends_what_is_not_followed(error, said):
    trial = Trial(error, follows=False)
    assert (trial.ended, trial.pauses) == (said, [])


def test_an_engine_that_is_away_is_told_once_and_asked_ever_more_seldom():
    away = [OSError(113, "No route to host") for _ in range(7)]
    trial = Trial(*away)
    assert trial.told == [Notice("web", "is away: no route to host")]
    assert trial.pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]


def test_who_was_back_is_asked_soon_again():
    away = OSError(113, "No route to host")
    trial = Trial(away, away, FeedStream(feed_of(events(7))), away, pauses=4)
    assert trial.pauses == [1.0, 2.0, 1.0, 2.0]
    assert [one.text.partition(":")[0] for one in trial.of(Notice)] == ["is away", "is back", "is away"]


def test_an_older_event_behind_a_newer_one_brings_nothing_twice():
    trial = Trial(FeedStream(feed_of(events(9, 5))), FeedStream(feed_of(b"")))
    assert [one.at for one in trial.of(FeedItem)] == [9, 5]
    assert b"since=0.000000010" in trial.streams[1].sent


def test_a_quiet_engine_is_asked_whether_it_is_there():
    pong = FeedStream(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
    quiet = FeedStream(feed_of(b""), TimeoutError(), events(7))
    trial = Trial(quiet, pong, pauses=1)
    assert [one.at for one in trial.of(FeedItem)] == [7]
    assert b"/_ping" in pong.sent
    assert pong.is_closed
    gone = Trial(FeedStream(feed_of(b""), TimeoutError(), events(7)), TimeoutError(), pauses=1)
    assert gone.of(FeedItem) == []
    assert gone.of(Notice) == [Notice("web", "is away: the engine does not answer")]


def test_a_quiet_engine_ends_what_is_not_followed():
    trial = Trial(FeedStream(feed_of(b""), TimeoutError()), follows=False)
    assert trial.ended == "the engine does not answer"


def test_the_last_line_of_a_log_may_have_no_end():
    log = FeedStream(feed_of(b"2026-11-29T01:00:00Z one\n2026-11-29T01:00:01Z last"))
    trial = Trial(log, feed=LogFeed("web"), follows=False)
    assert [one.text for one in trial.of(FeedItem)] == ["one", "last"]
    assert log.is_closed


@pytest.mark.parametrize(
    "date", ["", "soon", "Thu, 01 Jan 0000 00:00:00 GMT", "Thu, 99 Jan 2026 00:00:00 GMT"]
)
def test_a_clock_that_cannot_be_read_is_none(date):
    trial = Trial(FeedStream(feed_of(events(7), date)), pauses=1)
    assert [one.at for one in trial.of(FeedItem)] == [7]


def test_who_closes_it_meanwhile_cuts_the_connection_and_is_told_nothing_more():
    stream, told, closed = FeedStream(feed_of(events(7)), TimeoutError()), [], []

    def put(message):
        told.append(message)
        if isinstance(message, FeedItem):
            one.close()
            closed.append(stream.is_closed)

    one = Follower("web", lambda seconds: stream, EventFeed(), put, follows=True)
    one._run()
    assert ([type(each) for each in told], closed) == ([Started, FeedItem], [True])


def test_events_up_to_a_time_to_come_end_then_and_not_when_the_engine_restarts():
    early, late = version("Thu, 01 Jan 1970 00:00:40 GMT"), version()
    trial = Trial(
        FeedStream(feed_of(events(7))),
        early,
        FeedStream(feed_of(events(8))),
        late,
        feed=EventFeed(until="60.5"),
    )
    assert [one.at for one in trial.of(FeedItem)] == [7, 8]
    assert [one.text for one in trial.of(Notice)] == ["is away: the engine closed the connection", "is back"]
    assert trial.ended is None
    assert all(one.is_closed for one in trial.streams)


def test_a_log_that_is_followed_up_to_a_time_ends_then_though_its_container_runs():
    feed = LogFeed("web", follows=True, until="60")
    assert Trial(FeedStream(feed_of(b"")), container(running=True), feed=feed).ended is None
    ended = Trial(FeedStream(feed_of(b"")), container(running=False), feed=LogFeed("web", follows=True))
    assert ended.ended is None
    goes_on = Trial(
        FeedStream(feed_of(b"")), container(running=True), feed=LogFeed("web", follows=True), pauses=1
    )
    assert goes_on.of(Ended) == []
