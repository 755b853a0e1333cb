import pytest

from machsh.engine import http
from machsh.engine.talk import Talk
from machsh.errors import MachshError


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
        pass

    def close(self):
        pass


TWO = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
    b"HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n3;x=1\r\nsec\r\nA\r\nond\r\n-rest\r\n0\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
)


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
def test_answers_in_turn_whatever_the_pieces(step):
    stream = Canned(TWO, step)
    replies = Talk(stream).ask(["/a", "/b", "/c"])
    assert [(reply.status, reply.body) for reply in replies] == [
        (200, b"first"),
        (503, b"second\r\n-rest"),
        (200, b""),
    ]
    assert stream.sent.count(b"GET /") == 3


def test_an_end_in_between_is_an_error():
    with pytest.raises(ConnectionResetError):
        Talk(Canned(TWO[:50])).ask(["/a", "/b"])


def test_what_is_not_http_is_said():
    with pytest.raises(MachshError, match="not HTTP"):
        Talk(Canned(b"SSH-2.0-OpenSSH\r\n\r\n")).ask(["/a"])
    with pytest.raises(MachshError, match="not HTTP"):
        http.get(Canned(b"220 mail ready\r\n\r\n"), "/_ping")
    with pytest.raises(MachshError, match="not HTTP"):
        http.get(Canned(b""), "/_ping")


def test_lines_come_as_they_end():
    answer = http.get(Canned(b"HTTP/1.0 200 OK\r\nServer: Docker/1 (x)\r\n\r\none\ntwo\nthr"), "/events")
    assert answer.headers["server"] == "Docker/1 (x)"
    assert list(answer.lines()) == [b"one", b"two"]


def test_a_body_has_a_limit():
    answer = http.get(Canned(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100), "/x")
    with pytest.raises(MachshError, match="longer than 50"):
        answer.read(50)
