"""The one HTTP client for engines: every answer is limited in time, in size and in shape.

`http.client` would cost 20 ms of imports, and its deadline begins anew with each byte that arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.deadline import Deadline
from machsh.engine.dial import ByteStream
from machsh.errors import MachshError

MOST_BYTES = 64 * 1024 * 1024
"""The longest body; the list of 10,000 containers has about 20 MB."""
MOST_HEAD_BYTES = 64 * 1024
_MOST_INTERIM = 8
"""So many 1xx answers may come before the real one."""
_NOT_MODIFIED = 304
"""What an engine says to `start` and `stop` when there is nothing to do."""
_NOT_HTTP = "is another program on that port?"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Status line, headers under lower-case names, and the whole body."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def head(self) -> bytes:
        """The head as it goes over the wire, for a client that gets the answer from us."""
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} {self.reason}", *lines, "", ""]).encode("latin-1")

    def json(self) -> Any:
        """The body's JSON. Raises MachshError when it is none, or nested too deeply."""
        return decode(self.body)


def decode(content: bytes) -> Any:
    """JSON from an engine. Raises MachshError when it is none, or nested too deeply."""
    import json

    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MachshError("the engine's answer is not JSON", hint=_NOT_HTTP) from error


class _EndedError(ConnectionResetError):
    """The engine ended the connection in good order, which a reset does not."""


def get(stream: ByteStream, path: str, seconds: float) -> HttpResponse:
    """Ask for one path within `seconds`. Raises OSError (TimeoutError when time is up) or MachshError."""
    return HttpConnection(stream).ask([path], seconds)[0]


class HttpConnection:
    """A kept connection: requests may be sent together, their answers are read in turn."""

    def __init__(self, stream: ByteStream, *, most: int = MOST_BYTES) -> None:
        self._stream = stream
        self._most = most
        self._deadline = Deadline.after(0)
        self._rest = b""

    def ask(self, paths: Sequence[str], seconds: float) -> list[HttpResponse]:
        """Get all of these paths, all within `seconds`. Raises OSError or MachshError."""
        self._begin(seconds)
        self._stream.sendall(b"".join(_request("GET", path) for path in paths))
        return [self._response() for _ in paths]

    def send(
        self, method: str, path: str, seconds: float, content: bytes = b"", kind: str = ""
    ) -> HttpResponse:
        """Send one request with a body of MIME type `kind`; the answer. Raises OSError or MachshError."""
        head = self.begin(method, path, seconds, content, kind)
        return HttpResponse(head.status, head.reason, head.headers, self.body(head))

    def begin(
        self, method: str, path: str, seconds: float, content: bytes = b"", kind: str = ""
    ) -> HttpResponse:
        """Send one request; returns once the headers are there, `lines` or `body` reads the rest."""
        self._begin(seconds)
        self._stream.sendall(_request(method, path, content, kind))
        return self._head()

    def follow(self, path: str, seconds: float) -> tuple[HttpResponse, bytes]:
        """Ask for an answer without an end, such as events, in HTTP/1.0, which has no chunks.

        Returns the headers, and the beginning of the body; the caller reads the rest from the stream.
        """
        self._begin(seconds)
        self._stream.sendall(_request("GET", path, version="1.0"))
        return self._head(), self._taken()

    def upgrade(self, path: str, seconds: float, content: bytes, kind: str) -> tuple[HttpResponse, bytes]:
        """POST, and turn the connection into the engine's stream: 101, or 200 from older engines.

        Returns the headers and the stream's beginning; of a refusal, the whole answer. Raises as `send`.
        """
        self._begin(seconds)
        self._stream.sendall(_request("POST", path, content, kind, upgrades=True))
        head = self._head()
        if head.status in (101, 200):
            return head, self._taken()
        return HttpResponse(head.status, head.reason, head.headers, self.body(head)), b""

    def ping(self, seconds: float) -> HttpResponse:
        """The head of what the engine answers to `HEAD /_ping`. Raises as `send`, also for a body."""
        self._begin(seconds)
        self._stream.sendall(_request("HEAD", "/_ping"))
        head = self._head()
        if self._taken():
            raise _not_http()
        return head

    def lines(self, head: HttpResponse, seconds: float) -> Iterator[bytes]:
        """The body line by line as it comes; each line must be whole within `seconds`."""
        rest = b""
        self._begin(seconds)
        for piece in self._pieces(head):
            *complete, rest = (rest + piece).split(b"\n")
            if complete:
                yield from complete
                self._begin(seconds)
        if rest:
            yield rest

    def body(self, head: HttpResponse) -> bytes:
        """The body of an answer whose headers were read with `begin`, within the same deadline."""
        return b"".join(self._pieces(head))

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    # Reading

    def _taken(self) -> bytes:
        """What has come after the headers already; from here on the stream is the caller's."""
        start, self._rest = self._rest, b""
        return start

    def _begin(self, seconds: float) -> None:
        self._deadline = Deadline.after(seconds)
        self._read = 0
        self._set_timeout()

    def _set_timeout(self) -> None:
        remaining = self._deadline.remaining
        if remaining <= 0:
            raise TimeoutError("the engine's answer was not whole in time")
        self._stream.settimeout(remaining)

    def _response(self) -> HttpResponse:
        head = self._head()
        return HttpResponse(head.status, head.reason, head.headers, self.body(head))

    def _head(self) -> HttpResponse:
        for _ in range(_MOST_INTERIM):
            head = _parsed(self._until(b"\r\n\r\n", MOST_HEAD_BYTES))
            if 300 <= head.status < 400 and head.status != _NOT_MODIFIED:
                raise redirected(head.status)
            if not 100 <= head.status < 200 or head.status == 101:
                return head
        raise _not_http()

    def _pieces(self, head: HttpResponse) -> Iterator[bytes]:
        if head.headers.get("transfer-encoding", "").lower() == "chunked":
            yield from self._chunks()
        elif "content-length" in head.headers:
            yield from self._exactly(_number(head.headers["content-length"], 10))
        elif head.status not in (204, 304):
            yield from self._to_the_end()

    def _chunks(self) -> Iterator[bytes]:
        while size := _number(self._until(b"\r\n", 1024).split(b";")[0].decode("latin-1"), 16):
            yield from self._exactly(size)
            if b"".join(self._exactly(2)) != b"\r\n":
                raise _not_http()
        while self._until(b"\r\n", MOST_HEAD_BYTES):
            pass

    def _to_the_end(self) -> Iterator[bytes]:
        """An HTTP/1.0 answer ends with its connection."""
        piece, self._rest = self._rest, b""
        while True:
            if piece:
                yield piece
            try:
                piece = self._receive()
            except _EndedError:
                return

    def _until(self, mark: bytes, most: int) -> bytes:
        while mark not in self._rest:
            if len(self._rest) > most:
                raise _not_http()
            try:
                self._rest += self._receive()
            except _EndedError:
                if not self._rest or self._rest.startswith(b"HTTP/"):
                    raise
                raise _not_http() from None
        found, _, self._rest = self._rest.partition(mark)
        if len(found) > most:
            raise _not_http()
        return found

    def _exactly(self, size: int) -> Iterator[bytes]:
        if size > self._most:
            raise too_long(self._most)
        while size > 0:
            piece = self._rest or self._receive()
            self._rest = piece[size:]
            piece = piece[:size]
            size -= len(piece)
            yield piece

    def _receive(self) -> bytes:
        self._set_timeout()
        piece = self._stream.recv(262144)
        if not piece:
            raise _EndedError("the engine closed the connection")
        self._read += len(piece)
        if self._read > self._most + MOST_HEAD_BYTES:
            raise too_long(self._most)
        return piece


def too_long(most: int) -> MachshError:
    """The error for an answer of more than `most` bytes."""
    return MachshError(f"the engine's answer is longer than {most} bytes", hint=_NOT_HTTP)


def redirected(status: int) -> MachshError:
    """The error for an answer that sends us elsewhere: no engine does, and our key is for it alone."""
    return MachshError(f"the engine's answer is a redirect ({status}), which is not followed", hint=_NOT_HTTP)


def _request(
    method: str,
    path: str,
    content: bytes = b"",
    kind: str = "",
    *,
    version: str = "1.1",
    upgrades: bool = False,
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: docker", "User-Agent: machsh"]
    if upgrades:
        lines += ["Connection: Upgrade", "Upgrade: tcp"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    if content or method == "POST":
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + content


def _parsed(head: bytes) -> HttpResponse:
    first, *rest = head.decode("latin-1").split("\r\n")
    protocol, _, status = first.partition(" ")
    code, _, reason = status.partition(" ")
    if not protocol.startswith("HTTP/1.") or len(code) != 3 or not code.isascii() or not code.isdigit():
        raise _not_http()
    pairs = (line.partition(":") for line in rest)
    return HttpResponse(int(code), reason, {name.strip().lower(): value.strip() for name, _, value in pairs})


def _number(text: str, base: int) -> int:
    """A size from a header or a chunk: digits alone, neither sign nor underscore."""
    text = text.strip()
    digits = "0123456789abcdefABCDEF"[: 10 if base == 10 else 22]
    if not text or len(text) > 16 or text.strip(digits):
        raise _not_http()
    return int(text, base)


def _not_http() -> MachshError:
    return MachshError("the engine's answer is not HTTP", hint=_NOT_HTTP)
