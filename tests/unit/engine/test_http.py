"""The HTTP client against good answers in any pieces, and against engines that lie."""

import json
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.engine import http
from machsh.engine.http import HttpConnection
from machsh.errors import MachshError

SECONDS = 5.0


class Canned:
    """A stream that answers with given bytes, a few at a time."""

    def __init__(self, answer, step=7):
        self.answer, self.step, self.sent = answer, step, b""

    def sendall(self, content):
        self.sent += content

    def recv(self, size):
        part, self.answer = self.answer[: self.step], self.answer[self.step :]
        return part

    def settimeout(self, seconds):
        assert seconds > 0

    def close(self):
        pass


THREE = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
    b"HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n3;x=1\r\nsec\r\nA\r\nond\r\n-rest\r\n0\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
)


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
def test_answers_in_turn_whatever_the_pieces(step):
    stream = Canned(THREE, step)
    replies = HttpConnection(stream).ask(["/a", "/b", "/c"], SECONDS)
    assert [(reply.status, reply.body) for reply in replies] == [
        (200, b"first"),
        (503, b"second\r\n-rest"),
        (200, b""),
    ]
    assert stream.sent.count(b"GET /") == 3


def test_a_body_is_sent_with_its_length_and_kind():
    stream = Canned(b"HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\n{}")
    answer = HttpConnection(stream).send("POST", "/x", SECONDS, b'{"a": 1}', "application/json")
    assert (answer.status, answer.json()) == (201, {})
    assert stream.sent.startswith(b"POST /x HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json\r\nContent-Length: 8\r\n" in stream.sent
    assert stream.sent.endswith(b'\r\n\r\n{"a": 1}')


def test_an_answer_without_a_length_ends_with_its_connection():
    answer = http.get(Canned(b"HTTP/1.0 200 OK\r\nServer: Docker/1 (x)\r\n\r\none\ntwo"), "/x", SECONDS)
    assert (answer.headers["server"], answer.body) == ("Docker/1 (x)", b"one\ntwo")


def test_interim_answers_are_passed_over():
    answer = b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    assert http.get(Canned(answer), "/x", SECONDS).body == b"x"


def test_lines_come_as_they_end():
    connection = HttpConnection(
        Canned(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n3\r\ntwo\r\n0\r\n\r\n")
    )
    head = connection.begin("POST", "/build", SECONDS)
    assert list(connection.lines(head, SECONDS)) == [b"one", b"two"]


def test_an_answer_without_an_end_is_the_callers():
    stream = Canned(b"HTTP/1.0 200 OK\r\n\r\none\ntw", step=1000)
    head, start = HttpConnection(stream).follow("/events", SECONDS)
    assert (head.status, start) == (200, b"one\ntw")
    assert stream.sent.startswith(b"GET /events HTTP/1.0\r\n")


NOT_HTTP = [
    b"SSH-2.0-OpenSSH\r\n\r\n",
    b"220 mail ready\r\n\r\n",
    b"HTTP/1.1 two OK\r\n\r\n",
    b"HTTP/1.1 -20 OK\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"HTTP/3 200 OK\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
    b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000,
]


@pytest.mark.parametrize("answer", NOT_HTTP, ids=range(len(NOT_HTTP)))
def test_what_is_not_http_is_said(answer):
    with pytest.raises(MachshError, match="not HTTP"):
        http.get(Canned(answer, step=4096), "/x", SECONDS)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nF4240\r\n",
    ],
)
def test_a_body_has_a_limit(head):
    connection = HttpConnection(Canned(head + b"x" * 1_000_000, step=4096), most=1000)
    with pytest.raises(MachshError, match="longer than 1000 bytes"):
        connection.ask(["/x"], SECONDS)


@pytest.mark.parametrize("cut", range(len(THREE) - 1))
def test_an_end_in_between_is_an_error(cut):
    with pytest.raises((ConnectionResetError, MachshError)):
        HttpConnection(Canned(THREE[:cut])).ask(["/a", "/b", "/c"], SECONDS)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{", b"\xff", b"nothing", b'{"a":' * 10_000])
def test_what_is_not_json_is_said(body):
    with pytest.raises(MachshError, match="not JSON"):
        http.decode(body)


@given(st.binary(max_size=400), st.integers(1, 50))
@settings(max_examples=300, deadline=None)
def test_no_answer_raises_anything_else(content, step):
    for start in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        try:
            http.get(Canned(start + content, step), "/x", SECONDS).json()
        except (MachshError, ConnectionResetError):
            pass


SLOW = {
    "status line": b"",
    "headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "body": b"HTTP/1.0 200 OK\r\n\r\n",
    "body of a length": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
    "chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n",
    "trailer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
}


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW)
def test_a_byte_now_and_then_does_not_renew_the_deadline(start):
    ours, theirs = socket.socketpair()
    is_over = threading.Event()

    def drip():
        theirs.sendall(start)
        while not is_over.wait(0.05):
            try:
                theirs.sendall(b"0")
            except OSError:
                return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        http.get(ours, "/x", 0.3)
    assert time.monotonic() - began < 1.5
    is_over.set()
    ours.close()
    thread.join(5)


WRONG = [
    None,
    7,
    "x",
    [],
    {},
    [[]],
    True,
    {"Version": 5},
    {"Volumes": 3},
    [None, 1, "x", {}, [], {"Id": None, "Names": 3}],
]


@pytest.mark.parametrize("document", WRONG, ids=repr)
def test_lists_of_names_leave_out_what_is_none(document):
    from machsh.engine.watch import listing

    response = http.HttpResponse(200, "", {}, json.dumps(document).encode())
    for kind in listing.PATHS:
        for name in listing.decode(kind, response):
            assert isinstance(name.name, str)
    listing.with_users((), response)


def test_one_wrong_entry_hides_no_other():
    from machsh.engine.watch import listing

    body = json.dumps(
        [{"Id": "1", "Names": ["/web"]}, {"Names": 3}, None, {"Id": "2", "Names": ["/db"]}]
    ).encode()
    assert [one.name for one in listing.decode("containers", http.HttpResponse(200, "", {}, body))] == [
        "db",
        "web",
    ]


class Refusing(Canned):
    """Takes so many pieces, then breaks; what it has said before can be read."""

    def __init__(self, answer, takes):
        super().__init__(answer)
        self.takes = takes

    def sendall(self, content):
        if self.takes == 0:
            raise BrokenPipeError("broken pipe")
        self.takes -= 1
        super().sendall(content)


def test_an_upload_says_its_size_and_sends_all_pieces():
    stream = Canned(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    connection = HttpConnection(stream)
    head = connection.upload("/images/load", SECONDS, 6, [b"abc", b"def"])
    assert connection.body(head) == b"{}"
    assert b"Content-Type: application/x-tar\r\nContent-Length: 6\r\n\r\nabcdef" in stream.sent
    assert stream.sent.count(b"Content-Length") == 1


def test_an_engine_that_refuses_in_the_middle_of_an_upload_is_heard():
    stream = Refusing(b"HTTP/1.1 500 x\r\nContent-Length: 4\r\n\r\nfull", takes=2)
    connection = HttpConnection(stream)
    head = connection.upload("/images/load", SECONDS, 6, [b"abc", b"def"])
    assert (head.status, connection.body(head)) == (500, b"full")


def test_an_engine_that_is_gone_in_the_middle_of_an_upload_is_an_error():
    with pytest.raises(BrokenPipeError):
        HttpConnection(Refusing(b"", takes=2)).upload("/images/load", SECONDS, 6, [b"abc", b"def"])
