"""One engine that is followed: what it refuses, what it leaves open, and what is told of it."""

import json
import threading

import pytest

from machsh.errors import MachshError
from machsh.monitor import engine_follower
from machsh.monitor.engine_follower import EngineFollower
from tests.support.feed_stream import FeedStream, feed_of


def answer(document, status="200 OK"):
    body = json.dumps(document)
    return f"HTTP/1.1 {status}\r\nApi-Version: 1.41\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


REFUSED = answer({"message": "no"}, "500 Internal Server Error")
INFO = answer({"ServerVersion": "27.3.1", "NCPU": 4})


def listed(*names):
    return answer([{"Id": one, "Names": [f"/{one}"], "State": "running"} for one in names])


def stats(*names):
    cpu = {"cpu_usage": {"total_usage": 1}, "system_cpu_usage": 2, "online_cpus": 1}
    return [answer({"cpu_stats": cpu, "memory_stats": {"usage": 5}}) for _ in names]


class EngineTrial:
    """Follows an engine of which the streams of requests and of events are given, to its end."""

    def __init__(self, *requests, events=None, goes_on=lambda: True, stream=FeedStream):
        self.streams = stream(*requests), FeedStream(*([feed_of(b"")] if events is None else events))
        self.told, self.error, left = {}, None, list(self.streams)
        self.follower = EngineFollower(self.publish, lambda: 1.0, lambda seconds: None, 0.0)
        try:
            self.follower.follow(lambda seconds: left.pop(0), goes_on, threading.Event())
        except (MachshError, OSError) as error:
            self.error = error
        self.dialled = len(self.streams) - len(left)

    def publish(self, **changes):
        self.told |= changes

    @property
    def names(self):
        return [one.name for one in self.told["containers"]]


def test_what_changed_before_the_events_began_is_seen():
    trial = EngineTrial(INFO, listed("old"), listed("new"), *stats("new"))
    assert trial.names == ["new"]
    assert str(trial.error) == "the engine closed its events"
    assert trial.told["containers"][0].memory == 5


@pytest.mark.parametrize(
    ("requests", "events"),
    [
        ([REFUSED, listed("a")], []),
        ([INFO, REFUSED], []),
        ([INFO, listed("a"), REFUSED], [feed_of(b"")]),
        ([INFO, listed("a"), listed("a"), *stats("a")], [b"HTTP/1.0 500 No\r\n\r\n"]),
    ],
)
def test_an_engine_that_refuses_does_not_look_like_one_without_containers(requests, events):
    trial = EngineTrial(*requests, events=events)
    assert "the engine refuses: 500" in str(trial.error)
    assert all(one.is_closed for one in trial.streams[: trial.dialled])


def test_events_without_an_end_are_no_events(monkeypatch):
    monkeypatch.setattr(engine_follower, "LONGEST_EVENT", 10)
    trial = EngineTrial(INFO, listed(), listed(), events=[feed_of(b""), b"x" * 11])
    assert "no lines" in str(trial.error)


def test_what_cannot_be_closed_is_no_failure(monkeypatch):
    def close(self):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(FeedStream, "close", close)
    assert isinstance(EngineTrial(INFO, listed(), listed()).error, ConnectionResetError)


def test_who_is_no_longer_the_machine_is_left(monkeypatch):
    monkeypatch.setattr(engine_follower, "PULSE_SECONDS", 0.0)
    pong = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    quiet = [feed_of(b""), *(TimeoutError() for _ in range(9))]
    trial = EngineTrial(INFO, listed(), listed(), *[pong] * 9, events=quiet, goes_on=lambda: False)
    assert trial.error is None
    assert all(one.is_closed for one in trial.streams)


def test_events_that_come_together_are_one_question(monkeypatch):
    monkeypatch.setattr(engine_follower, "PULSE_SECONDS", 0.0)
    started = b'{"Type": "container", "Action": "start"}\n'
    pong = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    events = [feed_of(b""), started, started, *[TimeoutError()] * 50_000]
    answers = [INFO, listed(), listed(), listed(), pong, pong]
    trial = EngineTrial(*answers, events=events, goes_on=iter([True, False]).__next__)
    assert trial.error is None
    assert trial.streams[0].sent.count(b"GET /containers/json") == 3
