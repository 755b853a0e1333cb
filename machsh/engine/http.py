"""A small HTTP client for engines; every response is limited in time and size and strictly parsed.

`http.client` takes 20 ms to import, and its timeout starts again with each byte received.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.deadline import Deadline
from machsh.engine.dial import ByteStream
from machsh.errors import MachshError

MOST_BYTES = 64 * 1024 * 1024
"""Size limit of a body; a list of 10,000 containers has about 20 MB."""
MOST_HEAD_BYTES = 64 * 1024
_MOST_INTERIM = 8
"""How many 1xx responses may precede the final one."""
_UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")
_TAR = "application/x-tar"
_REASON_SECONDS = 5.0
"""How long to wait for the response of an engine that closed the connection during an upload."""
_NOT_MODIFIED = 304
"""The engine's status for `start` and `stop` when there is nothing to do."""
_NOT_HTTP = "is another program on that port?"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: status, headers by lower-case name, and the body (empty if not read yet)."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def head(self) -> bytes:
        """The status line and headers as bytes, for sending them on to another client."""
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} {self.reason}", *lines, "", ""]).encode("latin-1")

    def json(self) -> Any:
        """Decode the body as JSON. Raises MachshError if it is invalid or nested too deeply."""
        return decode(self.body)

    def content(self) -> Any:
        """Decode the body as `json` does; None if it is empty."""
        return self.json() if self.body.strip() else None

    def refusal(self) -> str:
        """Return why the engine refused the request, in its own words; "" if it did not. Raises as `json`."""
        if self.status < 400:
            return ""
        content = self.content()
        message = content.get("message") if isinstance(content, dict) else None
        return str(message or f"{self.status} {self.reason}")


def decode(content: bytes) -> Any:
    """Decode JSON from an engine. Raises MachshError if it is invalid or nested too deeply."""
    import json

    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MachshError("the engine's answer is not JSON", hint=_NOT_HTTP) from error


def message_in(body: bytes) -> str:
    """Return the engine's words for a refused request: the `message` in its JSON, else the whole body."""
    from contextlib import suppress

    with suppress(MachshError, LookupError, TypeError):
        return str(decode(body)["message"])
    return body.decode("utf-8", "replace").strip()


class _EndedError(ConnectionResetError):
    """The engine closed the connection cleanly, as opposed to a reset."""


def get(stream: ByteStream, path: str, seconds: float) -> HttpResponse:
    """GET one path within `seconds`. Raises OSError (TimeoutError after `seconds`) or MachshError."""
    return HttpConnection(stream).ask([path], seconds)[0]


class HttpConnection:
    """A persistent HTTP connection over a stream; requests can be pipelined. `most` limits a body's bytes."""

    def __init__(self, stream: ByteStream, *, most: int = MOST_BYTES) -> None:
        self._stream = stream
        self._most = most
        self._deadline = Deadline.after(0)
        self._rest = b""

    def ask(self, paths: Sequence[str], seconds: float) -> list[HttpResponse]:
        """GET all paths in one go, within `seconds` altogether. Raises OSError or MachshError."""
        self.put(paths, seconds)
        return self.take(len(paths))

    def put(self, paths: Sequence[str], seconds: float) -> None:
        """Send a GET for each path; `take` reads what comes within `seconds` from now. Raises OSError."""
        self._begin(seconds)
        self._stream.sendall(b"".join(_request("GET", path) for path in paths))

    def take(self, count: int) -> list[HttpResponse]:
        """Read so many responses to what was `put`. Raises OSError or MachshError."""
        return [self._response() for _ in range(count)]

    def send(
        self, method: str, path: str, seconds: float, content: bytes = b"", kind: str = ""
    ) -> HttpResponse:
        """Send one request, with a body of MIME type `kind`, and return the response.

        Raises OSError or MachshError.
        """
        head = self.begin(method, path, seconds, content, kind)
        return HttpResponse(head.status, head.reason, head.headers, self.body(head))

    def begin(
        self, method: str, path: str, seconds: float, content: bytes = b"", kind: str = ""
    ) -> HttpResponse:
        """Send one request and return the response's head; read the body with `lines` or `body`.

        Raises OSError or MachshError.
        """
        self._begin(seconds)
        self._stream.sendall(_request(method, path, content, kind))
        return self._head()

    def follow(self, path: str, seconds: float) -> tuple[HttpResponse, bytes]:
        """GET an endless response, such as events. HTTP/1.0 is used because it has no chunks.

        Return the head and the bytes of the body received so far; the caller reads on from the stream.
        Raises OSError or MachshError.
        """
        self._begin(seconds)
        self._stream.sendall(_request("GET", path, version="1.0"))
        return self._head(), self._taken()

    def upgrade(self, path: str, seconds: float, content: bytes, kind: str) -> tuple[HttpResponse, bytes]:
        """POST and upgrade the connection to a raw stream; status 101, or 200 from older engines.

        Return the head and the bytes of the stream received so far; for any other status, the whole response
        and b"". Raises OSError or MachshError.
        """
        self._begin(seconds)
        self._stream.sendall(_request("POST", path, content, kind, headers=_UPGRADE))
        head = self._head()
        if head.status in (101, 200):
            return head, self._taken()
        return HttpResponse(head.status, head.reason, head.headers, self.body(head)), b""

    def upload(self, path: str, seconds: float, size: int, pieces: Iterable[bytes]) -> HttpResponse:
        """POST a tar archive of `size` bytes and return the response's head; read on with `lines` or `body`.

        Each piece must be taken, and the response must begin, within `seconds`. An engine that responds
        before it has everything is heard. Raises OSError or MachshError.
        """
        self._begin(seconds)
        self._stream.sendall(_request("POST", path, kind=_TAR, headers=[f"Content-Length: {size}"]))
        try:
            for piece in pieces:
                self._begin(seconds)
                self._stream.sendall(piece)
        except TimeoutError:
            raise
        except OSError as error:  # it refused: the reason is on its way, or the connection is gone
            self._begin(min(seconds, _REASON_SECONDS))
            try:
                return self._head()
            except (OSError, MachshError):
                raise error from None
        self._begin(seconds)
        return self._head()

    def ping(self, seconds: float) -> HttpResponse:
        """Send `HEAD /_ping` and return the response's head.

        Raises OSError, or MachshError also when a body follows.
        """
        self._begin(seconds)
        self._stream.sendall(_request("HEAD", "/_ping"))
        head = self._head()
        if self._taken():
            raise _not_http()
        return head

    def lines(self, head: HttpResponse, seconds: float) -> Iterator[bytes]:
        """Yield the body's lines as they arrive; each line must be complete within `seconds`."""
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
        """Read the body that belongs to a head from `begin`, within the deadline of `begin`."""
        return b"".join(self._pieces(head))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    # Reading

    def _taken(self) -> bytes:
        """Return the bytes received after the head; from now on the caller reads from the stream itself."""
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
        """Read until the connection ends, which is how HTTP/1.0 ends a body."""
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
    """Return the error for a response of more than `most` bytes."""
    return MachshError(f"the engine's answer is longer than {most} bytes", hint=_NOT_HTTP)


def redirected(status: int) -> MachshError:
    """Return the error for a redirect. Engines never redirect, and our client key is for the engine alone."""
    return MachshError(f"the engine's answer is a redirect ({status}), which is not followed", hint=_NOT_HTTP)


def _request(
    method: str,
    path: str,
    content: bytes = b"",
    kind: str = "",
    *,
    version: str = "1.1",
    headers: Sequence[str] = (),
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: docker", "User-Agent: machsh"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    lines += headers
    has_length = any(line.startswith("Content-Length:") for line in headers)
    if not has_length and (content or method == "POST"):
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
    """Parse the size in a header or chunk strictly: `int` would also accept signs and underscores."""
    text = text.strip()
    digits = "0123456789abcdefABCDEF"[: 10 if base == 10 else 22]
    if not text or len(text) > 16 or text.strip(digits):
        raise _not_http()
    return int(text, base)


def _not_http() -> MachshError:
    return MachshError("the engine's answer is not HTTP", hint=_NOT_HTTP)
