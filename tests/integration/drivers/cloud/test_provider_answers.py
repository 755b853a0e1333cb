"""What a provider's server may cost, whatever it sends: no more than the deadline, nor much memory."""

import gzip
import time
import tracemalloc

import pytest
import requests
from requests.exceptions import RequestException, Timeout

from machsh.deadline import Deadline
from machsh.drivers.cloud.api_retry import retry_adapter
from machsh.errors import MachshError
from machsh.testing.network_faults import Liar, answering, dripping, endless

HEADS = {
    "good": b"HTTP/1.1 200 OK\r\n",
    "missing": b"HTTP/1.1 404 Not Found\r\n",
    "limited": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\n",
    "broken": b"HTTP/1.1 500 Internal Server Error\r\n",
}
MOST = 1 << 20


@pytest.fixture(params=HEADS)
def head(request):
    return HEADS[request.param]


def session(seconds):
    opened = requests.Session()
    opened.trust_env = False
    opened.mount("http://", retry_adapter(Deadline.after(seconds), most_bytes=MOST))
    return opened


def ask(act, seconds, *, is_stream=False):
    """The error of a question, and how long it took."""
    began = time.monotonic()
    with Liar(act) as server, pytest.raises((RequestException, MachshError)) as caught:
        session(seconds).get(f"http://127.0.0.1:{server.port}/", stream=is_stream, timeout=30)
    return caught.value, time.monotonic() - began


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_body_that_drips_ends_with_the_deadline(head, is_stream):
    error, seconds = ask(
        dripping(head + b"Content-Length: 99999\r\n\r\n", b" ", 0.02), 0.5, is_stream=is_stream
    )
    assert isinstance(error, Timeout)
    assert seconds < 5


def test_a_length_that_drips_ends_with_the_deadline(head):
    error, seconds = ask(dripping(head + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 0.02), 0.5)
    assert isinstance(error, Timeout)
    assert seconds < 5


def test_a_head_that_drips_ends_with_the_deadline():
    error, seconds = ask(dripping(b"HTTP/1.1 200 ", b"O", 0.02), 0.5)
    assert isinstance(error, Timeout)
    assert seconds < 5


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_body_without_an_end_is_not_kept(head, is_stream):
    tracemalloc.start()
    try:
        error, _ = ask(endless(head + b"\r\n", b" " * 65536), 60, is_stream=is_stream)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "127.0.0.1 answers with more than 1 MiB" in str(error)
    assert most < 8 * MOST


def test_a_body_that_grows_when_it_is_unpacked_is_not_kept(head):
    body = gzip.compress(b"0" * (64 << 20))
    tracemalloc.start()
    try:
        error, _ = ask(answering(head + b"Content-Encoding: gzip\r\n\r\n" + body), 60)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "answers with more than" in str(error)
    assert most < 32 << 20


def test_a_question_is_repeated_whose_answer_was_cut():
    whole = [False]

    def act(connection, closed):
        is_second, whole[0] = whole[0], True
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + (b"done" if is_second else b"do")
        )

    with Liar(act) as server:
        assert session(30).get(f"http://127.0.0.1:{server.port}/").text == "done"


def test_an_order_is_not_repeated_whose_answer_was_cut():
    with Liar(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndo")) as server:
        with pytest.raises(RequestException):
            session(30).post(f"http://127.0.0.1:{server.port}/")
        assert len(server.asked) == 1


def test_whoever_wants_a_stream_gets_what_was_read():
    with Liar(answering(HEADS["good"] + b"Content-Length: 6\r\n\r\n[1, 2]")) as server:
        answer = session(30).get(f"http://127.0.0.1:{server.port}/", stream=True)
        assert b"".join(answer.iter_content(2)) == b"[1, 2]"
