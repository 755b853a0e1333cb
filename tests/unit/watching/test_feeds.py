"""Events and logs as engines send them, cut anywhere."""

import json

import pytest

from machsh.errors import MachshError
from machsh.watching.feed import LONGEST_PIECE, EventFeed, EventReader, LogFeed, LogReader

LINES = (
    (1, b"2026-11-29T01:00:00.000000001Z first\n"),
    (2, b"2026-11-29T01:00:00.000000002Z complaint\n2026-11-29T01:00:00.000000003Z an"),
    (1, b"2026-11-29T01:00:00.000000004Z without an end"),
    (2, b"other\n"),
)
FRAMED = b"".join(bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text for stream, text in LINES)
EVENT = {
    "Type": "container", "Action": "die", "timeNano": 5, "time": 0,
    "Actor": {"ID": "abc", "Attributes": {"name": "web", "exitCode": "1"}},
}  # fmt: skip


def all_of(reader, content, size):
    found = []
    for at in range(0, len(content), size):
        found += reader.take(content[at : at + size])
    return found + reader.finish()


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_a_log_is_read_whole_however_it_is_cut(size):
    found = all_of(LogReader("web-1"), FRAMED, size)
    assert [(one.text, one.is_error) for one in found] == [
        ("first", False), ("complaint", True), ("another", True), ("without an end", False),
    ]  # fmt: skip
    assert [one.at % 10 for one in found] == [1, 2, 3, 4]


@pytest.mark.parametrize("size", [1, 9, 4096])
def test_a_log_of_a_terminal_has_no_frames(size):
    content = b"2026-11-29T01:00:00.000000001Z one\r\n2026-11-29T01:00:00.000000002Z two\r\n"
    assert [one.text for one in all_of(LogReader("web-1"), content, size)] == ["one", "two"]


def test_a_line_without_a_time_stands_where_it_came():
    reader = LogReader("web-1")
    first, second = all_of(reader, b"2026-11-29T01:00:00Z one\nno time\n", 4096)
    assert (second.text, second.at) == ("no time", first.at)


def test_an_endless_line_is_cut():
    reader = LogReader("web-1")
    found = all_of(reader, b"x" * (2 * LONGEST_PIECE), 1 << 16)
    assert sum(len(one.text) for one in found) == 2 * LONGEST_PIECE
    assert len(found) == 2, "it is shown before its end"


@pytest.mark.parametrize("content", [b"\0\0\0 1\n", b"\1 2 3 4 5\n", b"short"])
def test_a_line_that_begins_like_a_frame_is_a_line(content):
    found = all_of(LogReader("web-1"), content, 4096)
    assert [one.text for one in found] == [content.decode().rstrip()]


def test_a_frame_of_gigabytes_is_refused():
    with pytest.raises(MachshError, match="no log"):
        LogReader("web-1").take(b"\1\0\0\0\xff\xff\xff\xff")


@pytest.mark.parametrize("size", [1, 50, 4096])
def test_an_event_is_told_as_docker_tells_it(size):
    content = json.dumps(EVENT).encode() + b"\n"
    (found,) = all_of(EventReader("web-1"), content, size)
    assert (found.at, found.text) == (5, "container die abc (exitCode=1, name=web)")


def test_an_event_for_programs_names_its_machine():
    (found,) = EventReader("web-1", as_json=True).take(json.dumps(EVENT).encode() + b"\n")
    assert json.loads(found.text) == {"machine": "web-1", **EVENT}


def test_an_engine_cannot_speak_for_another_machine():
    (found,) = EventReader("web-1", as_json=True).take(b'{"Type": "image", "machine": "db"}\n')
    assert list(json.loads(found.text).items()) == [("machine", "web-1"), ("Type", "image")]


def test_an_event_that_was_cut_is_none():
    reader = EventReader("web-1")
    assert reader.take(json.dumps(EVENT).encode()) + reader.finish() == []


@pytest.mark.parametrize("content", [b"[1]\n", b"no\n", b"x" * (LONGEST_PIECE + 1)])
def test_what_is_no_event_is_refused(content):
    with pytest.raises(MachshError):
        EventReader("web-1").take(content)


def test_after_a_break_only_what_is_newer_is_asked_for():
    assert "since=0.000000006" in EventFeed(since="1").path(5)
    path = LogFeed("web", tail="10").path(5)
    assert "since=0.000000006" in path
    assert "tail" not in path
    assert "tail=10" in LogFeed("web", tail="10").path(None)
    assert "follow" not in path
    assert "follow=1" in LogFeed("web", follows=True).path(5)


def test_names_and_filters_are_quoted():
    assert LogFeed("a/../b").path(None).startswith("/containers/a%2F..%2Fb/logs?")
    assert LogFeed("a/../b").question == "/containers/a%2F..%2Fb/json"
    assert "filters=%7B%22event%22%3A%5B%22die%22%5D%7D" in EventFeed(filters={"event": ["die"]}).path(None)


@pytest.mark.parametrize(
    ("running", "policy", "over"),
    [
        (True, "no", False),
        (False, "no", True),
        (False, "always", False),
        (False, "unless-stopped", False),
        (False, "on-failure", True),
    ],
)
def test_a_log_is_over_when_its_container_will_not_run_again(running, policy, over):
    answer = {"State": {"Running": running}, "HostConfig": {"RestartPolicy": {"Name": policy}}}
    assert LogFeed("web", follows=True).is_over(answer, 5) is over


def test_a_log_is_over_when_its_container_is_gone():
    assert LogFeed("web", follows=True).is_over({"message": "No such container: web"}, 5)
