"""Just enough HTTP for a few questions to an engine; `http.client` would cost 20 ms of imports.

HTTP/1.0 is asked for: an engine then sends no chunks and ends an answer by closing the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from machsh.engine.dial import Stream
from machsh.errors import MachshError

_LONGEST_HEAD = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """A status line, headers under lower-case names, and the body that is still to come."""

    status: int
    reason: str
    headers: dict[str, str]
    stream: Stream
    start: bytes = field(default=b"", repr=False)
    """The part of the body that came with the headers."""

    def read(self, most: int = 64 * 1024 * 1024) -> bytes:
        """The whole body. Raises MachshError when it is longer than `most` bytes."""
        parts, size = [self.start], len(self.start)
        while part := self.stream.recv(262144):
            parts.append(part)
            size += len(part)
            if size > most:
                raise MachshError(f"the engine's answer is longer than {most} bytes")
        return b"".join(parts)

    def lines(self) -> Iterator[bytes]:
        """The body line by line as it comes, until the engine closes it."""
        rest = self.start
        while True:
            *complete, rest = rest.split(b"\n")
            yield from complete
            part = self.stream.recv(65536)
            if not part:
                return
            rest += part


def get(stream: Stream, path: str) -> Answer:
    """Ask for `path`; returns once the headers are there. Raises OSError or MachshError."""
    stream.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\nUser-Agent: machsh\r\n\r\n".encode("ascii"))
    head = b""
    while b"\r\n\r\n" not in head:
        part = stream.recv(65536)
        if not part or len(head) > _LONGEST_HEAD:
            raise MachshError("the engine's answer is not HTTP", hint="is another program on that port?")
        head += part
    head, _, start = head.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    protocol, _, status = first.partition(" ")
    code, _, reason = status.partition(" ")
    if not protocol.startswith("HTTP/") or not code.isdigit():
        raise MachshError("the engine's answer is not HTTP", hint="is another program on that port?")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
    }
    return Answer(int(code), reason, headers, stream, start)
