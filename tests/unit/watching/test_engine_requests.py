"""Requests to one engine: what it refuses, what it leaves unanswered, and the connection's end."""

import pytest

from machsh.errors import MachshError
from machsh.watching.engines import CONNECT_SECONDS, requests_to
from tests.support.feed_stream import FeedStream


def answer(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def asked(*pieces, seconds=3.0):
    """What the engine says to one request, and its stream."""
    stream, limits = FeedStream(*pieces), []

    def dial(limit):
        limits.append(limit)
        return stream

    try:
        with requests_to(dial, seconds) as requests:
            return requests.ask("/system/df")
    finally:
        assert stream.is_closed, "the connection is kept open"
        assert limits == [min(seconds, CONNECT_SECONDS)]


def test_an_answer_without_content_is_nothing():
    assert asked(answer("")) is None
    assert asked(answer("[1]"), seconds=60.0) == [1]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"message": "a prune operation is already running"}', "a prune operation is already running"),
        ('["no"]', "500 Internal Server Error"),
        ("3", "500 Internal Server Error"),
        ("", "500 Internal Server Error"),
    ],
)
def test_an_engine_that_refuses_is_an_error_in_its_own_words(body, said):
    with pytest.raises(MachshError, match=said):
        asked(answer(body, "500 Internal Server Error"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "no answer within 3 s"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
    ],
)
def test_an_engine_that_does_not_answer_is_one_clear_error(error, said):
    with pytest.raises(MachshError, match=said):
        asked(error)
