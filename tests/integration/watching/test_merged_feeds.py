"""Feeds of several engines, merged: order, engines that go away and come back, and the end."""

import json
import threading

import pytest

from machsh.engine.dial import dial_unix
from machsh.watching import follower
from machsh.watching.feed import EventFeed, FeedItem, LogFeed
from machsh.watching.follower import Ended, Notice
from machsh.watching.merged_feeds import MergedFeeds
from tests.support.feed_engine import FeedEngine
from tests.support.waiting import wait_until


def log(*numbers, name="line"):
    return b"".join(f"2026-11-29T01:00:00.{n:09d}Z {name} {n}\n".encode() for n in numbers)


def events(*times):
    return b"".join(
        json.dumps({"Type": "container", "Action": "die", "timeNano": n}).encode() + b"\n" for n in times
    )


@pytest.fixture
def two(tmp_path):
    with FeedEngine(tmp_path / "a.sock") as first, FeedEngine(tmp_path / "b.sock") as second:
        yield first, second


def merged(engines, feed, *, follows):
    dialers = {
        engine.path.stem: (lambda seconds, path=str(engine.path): dial_unix(path, seconds))
        for engine in engines
    }
    return MergedFeeds(dialers, feed, follows=follows)


def threads():
    return [one for one in threading.enumerate() if one.name == "machsh-feed"]


def test_whole_logs_are_in_the_order_of_time(two):
    two[0].feeds["logs"] = [(log(*range(0, 5000, 2)), True)]
    two[1].feeds["logs"] = [(log(*range(1, 5000, 2)), True)]
    found = [one for one in merged(two, LogFeed("web"), follows=False) if isinstance(one, FeedItem)]
    assert [int(one.text.split()[1]) for one in found] == list(range(5000))
    assert found[0].machine == "a"


def test_a_machine_without_the_container_is_said_and_the_others_are_shown(two):
    two[0].feeds["logs"] = [(log(1, 2), True)]
    found = list(merged(two, LogFeed("web"), follows=False))
    assert [one.text for one in found if isinstance(one, FeedItem)] == ["line 1", "line 2"]
    failed = [one for one in found if isinstance(one, Ended) and one.error]
    assert [(one.machine, one.error.is_missing) for one in failed] == [("b", True)]


def test_an_engine_that_goes_away_is_said_and_followed_again_when_it_is_back(two, monkeypatch):
    monkeypatch.setattr(follower, "_FIRST_PAUSE", 0.05)
    first, second = two
    first.feeds["events"], second.feeds["events"] = [(events(10), False)], [(events(20), False)]
    feed = merged(two, EventFeed(since="0"), follows=True)
    found = iter(feed)
    assert {next(found).at for _ in two} == {10, 20}
    second.stop()
    gone = next(found)
    assert isinstance(gone, Notice)
    assert (gone.machine, gone.text.partition(":")[0]) == ("b", "is away")
    second.feeds["events"] = [(events(30), False)]
    second.start()
    assert next(found) == Notice("b", "is back")
    assert next(found).at == 30
    assert "since=0.000000021" in second.requests[-1], "only what is newer is asked for"
    feed.close()
    wait_until(lambda: not threads(), "the end of the threads")


def test_a_container_that_has_ended_ends_its_log(two):
    for engine in two:
        engine.feeds["logs"] = [(log(1), True)]
        engine.documents["json"] = {
            "State": {"Running": False},
            "HostConfig": {"RestartPolicy": {"Name": "no"}},
        }
    found = list(merged(two, LogFeed("web", follows=True), follows=True))
    assert sum(isinstance(one, FeedItem) for one in found) == 2
    assert [one.error for one in found if isinstance(one, Ended)] == [None, None]


def test_who_stops_reading_ends_all_connections(two):
    for engine in two:
        engine.feeds["events"] = [(events(*range(20_000)), False)]
    found = iter(merged(two, EventFeed(), follows=True))
    next(found)
    found.close()  # as Ctrl-C does
    wait_until(lambda: not threads(), "the end of the threads")


def test_events_up_to_a_time_end_there(two):
    for engine in two:
        engine.feeds["events"] = [(events(1, 2), True)]
    found = [one for one in merged(two, EventFeed(until="1"), follows=False) if isinstance(one, FeedItem)]
    assert [one.at for one in found] == [1, 1, 2, 2]


def test_what_happens_in_a_break_before_the_first_event_is_asked_for(two, monkeypatch):
    monkeypatch.setattr(follower, "_FIRST_PAUSE", 0.05)
    for engine in two:
        engine.feeds["events"] = [(b"", False)]
    found = iter(merged(two, EventFeed(), follows=True))
    ended = threading.Thread(target=two[0].stop)
    ready = threading.Thread(
        target=lambda: (wait_until(lambda: two[0].requests, "the first request"), ended.start())
    )
    ready.start()
    assert next(found).text.startswith("is away")
    ready.join()
    ended.join()
    two[0].feeds["events"] = [(events(7), False)]
    two[0].start()
    assert next(found) == Notice("a", "is back")
    assert next(found).at == 7
    assert "since=0.000000001" in two[0].requests[-1]
    found.close()
