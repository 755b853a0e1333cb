"""After which commands a connection of the relay may serve another one."""

import pytest

from machsh.engine.relay.exchange import Exchange

GET = b"GET /v1.41/containers/json HTTP/1.1\r\nHost: docker\r\n\r\n"
HEAD = b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\nA\r\n0123456789\r\n0\r\n\r\n"
NO_BODY = b"HTTP/1.1 204 No Content\r\nApi-Version: 1.41\r\n\r\n"
OF_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"


def after(*said):
    """An exchange in which the client and the engine spoke in turn."""
    exchange = Exchange()
    for at, content in enumerate(said):
        exchange.answered(content) if at % 2 else exchange.asked(content)
    return exchange


@pytest.mark.parametrize(
    "said",
    [
        [],
        [GET, SIZED],
        [GET, CHUNKED],
        [GET, NO_BODY],
        [HEAD, OF_HEAD],
        [GET, SIZED, HEAD, OF_HEAD, GET, CHUNKED],
        [GET + HEAD + GET, SIZED + OF_HEAD + CHUNKED],
        [GET[:20], b"", GET[20:], SIZED[:30], b"", SIZED[30:-1], b"", SIZED[-1:]],
    ],
)
def test_what_was_answered_whole_is_complete(said):
    assert after(*said).is_complete


@pytest.mark.parametrize("answer", [SIZED, CHUNKED, NO_BODY, OF_HEAD])
def test_it_is_complete_at_no_byte_before_the_last(answer):
    question = HEAD if answer is OF_HEAD else GET
    for size in range(len(answer)):
        assert not after(question, answer[:size]).is_complete
        assert after(question, answer[:size], b"", answer[size:]).is_complete


@pytest.mark.parametrize(
    "said",
    [
        [GET],
        [GET[:-1]],
        [GET, SIZED, GET],
        [GET, SIZED + b"x"],
        [GET, SIZED, b"", b"HTTP/1.1 200 OK\r\n"],
        [b"", SIZED],
        [b"POST /containers/a/stop HTTP/1.1\r\nHost: docker\r\n\r\n", NO_BODY],
        [b"GET /a HTTP/1.0\r\nHost: docker\r\n\r\n", SIZED],
        [b"GET /a HTTP/1.1\r\nconnection: Upgrade\r\n\r\n", SIZED],
        [b"GET /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n", SIZED],
        [GET, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"],
        [GET, b"HTTP/1.1 200 OK\r\n\r\n"],
        [GET, b"HTTP/1.1 101 UPGRADED\r\n\r\n"],
        [GET, b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
        [GET, b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
        [GET, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n[]"],
        [GET, SIZED.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")],
        [GET, CHUNKED.replace(b"[1]\r\n", b"[1]xx")],
        [GET, CHUNKED[:-2] + b"Trailer: x\r\n\r\n"],
        [GET, b"no HTTP at all\r\n\r\n"],
    ],
)
def test_anything_else_is_not(said):
    exchange = after(*said)
    assert not exchange.is_complete


def test_what_was_given_up_stays_so():
    exchange = after(b"POST /a HTTP/1.1\r\n\r\n", NO_BODY, GET, SIZED)
    assert not exchange.is_complete


def test_a_stream_and_a_long_answer_are_not_followed():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    lines = [part for _ in range(40) for part in (b"5\r\nhello\r\n", b"")]
    assert not after(GET, head, b"", *lines, b"0\r\n\r\n").is_complete
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000)
    assert after(GET, long).is_complete
    assert not after(GET, long[:900_000], b"", long[900_000:]).is_complete
