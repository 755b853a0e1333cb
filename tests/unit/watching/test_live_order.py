"""When what several machines tell is handed on, and in which order, by a clock that the test holds."""

import pytest

from machsh.errors import MachshError
from machsh.watching import merged_feeds
from machsh.watching.feed import EventFeed, FeedItem
from machsh.watching.follower import Ended, Started
from machsh.watching.merged_feeds import HOLD_SECONDS, START_SECONDS, MergedFeeds


class TickingClock:
    """Goes on by a step each time it is asked; who asks it without end waits without end."""

    def __init__(self, step):
        self.step, self.asked = step, 0

    def __call__(self):
        self.asked += 1
        assert self.asked < 2000, "it waits for ever"
        return self.now

    @property
    def now(self):
        return self.asked * self.step


def live(*messages, step=0.0):
    """What is handed on of messages of the machines a and b, and the clock."""
    clock = TickingClock(step)
    feed = MergedFeeds({"a": None, "b": None}, EventFeed(), follows=True, clock=clock)
    for one in messages:
        feed._queues["a"].put(one)
    return feed._live(), clock


def item(at, machine="a", text=""):
    return FeedItem(at, machine, text)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(merged_feeds, "_LOOK_SECONDS", 0.0001)


BOTH = (Started("a"), Started("b"))
ENDS = (Ended("a"), Ended("b"))


def test_what_arrives_within_a_moment_is_in_the_order_of_time():
    found, _ = live(*BOTH, item(20), item(10, "b"), *ENDS)
    assert [one.at for one in found if isinstance(one, FeedItem)] == [10, 20]


def test_what_has_the_same_time_stays_in_the_order_in_which_it_came():
    found, _ = live(*BOTH, item(5, text="one"), item(5, text="two"), *ENDS)
    assert [one.text for one in found if isinstance(one, FeedItem)] == ["one", "two"]


def test_an_item_is_held_back_for_a_moment_and_no_longer():
    found, clock = live(*BOTH, item(20), step=0.01)
    assert next(found).at == 20
    assert HOLD_SECONDS < clock.now < START_SECONDS


def test_a_machine_that_says_nothing_at_first_delays_the_others_for_a_while_only():
    found, clock = live(Started("a"), item(20), step=0.01)
    assert next(found).at == 20
    assert START_SECONDS < clock.now < 2 * START_SECONDS


def test_a_machine_that_cannot_be_had_delays_nobody():
    found, clock = live(Ended("b", MachshError("no")), Started("a"), item(20), step=0.01)
    assert isinstance(next(found), Ended)
    assert next(found).at == 20
    assert clock.now < START_SECONDS


def test_a_flood_is_not_held_back_without_end(monkeypatch):
    monkeypatch.setattr(merged_feeds, "_MOST_HELD", 3)
    found, _ = live(*BOTH, *(item(at) for at in (4, 3, 2, 1)))
    assert next(found).at == 1


@pytest.mark.parametrize("follows", [True, False])
def test_a_feed_that_nobody_reads_does_not_fill_the_memory(follows):
    feed = MergedFeeds({"a": None, "b": None}, EventFeed(), follows=follows)
    assert {one.maxsize for one in feed._queues.values()} == {1000}
