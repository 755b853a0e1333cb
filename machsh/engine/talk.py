"""Several questions on one kept connection to an engine, asked at once and answered in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from machsh.engine.dial import Stream
from machsh.errors import MachshError

_LONGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and whole body of one answer."""

    status: int
    body: bytes


class Talk:
    """A kept HTTP/1.1 connection: questions are sent together, answers read in turn."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._rest = b""

    def ask(self, paths: Sequence[str]) -> list[Reply]:
        """Get all of these paths. Raises OSError, or MachshError when it is not HTTP."""
        request = "".join(
            f"GET {path} HTTP/1.1\r\nHost: docker\r\nUser-Agent: machsh\r\n\r\n" for path in paths
        )
        self._stream.sendall(request.encode("ascii"))
        return [self._reply() for _ in paths]

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def _reply(self) -> Reply:
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = first.split(" ", 2)[1:2]
        if not first.startswith("HTTP/1.") or not status or not status[0].isdigit():
            raise MachshError("the engine's answer is not HTTP", hint="is another program on that port?")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return Reply(int(status[0]), self._chunks())
        return Reply(int(status[0]), self._exactly(int(headers.get("content-length", 0))))

    def _chunks(self) -> bytes:
        parts = list[bytes]()
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            parts.append(self._exactly(size))
            self._exactly(2)
        while self._until(b"\r\n"):
            pass
        return b"".join(parts)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        parts, missing = [self._rest[:size]], size - len(self._rest)
        self._rest = self._rest[size:]
        while missing > 0:
            part = self._receive()
            parts.append(part[:missing])
            self._rest = part[missing:]
            missing -= len(part)
        return b"".join(parts)

    def _more(self) -> None:
        self._rest += self._receive()
        if len(self._rest) > _LONGEST:
            raise MachshError("the engine's answer is too long")

    def _receive(self) -> bytes:
        part = self._stream.recv(262144)
        if not part:
            raise ConnectionResetError("the engine closed the connection")
        return part
