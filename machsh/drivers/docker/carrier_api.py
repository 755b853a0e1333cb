"""A small client for the carrier's Docker API.

It speaks HTTP itself: importing the docker SDK takes longer than all of a host's requests together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from machsh.engine.dial import Dialer
from machsh.engine.http import HttpConnection, decode
from machsh.errors import DeadlineError, MachshError

JSON = "application/json"
TAR = "application/x-tar"
Query = Mapping[str, str | int]


class EngineRefusedError(MachshError):
    """The engine answered with an error; `status` is its HTTP status."""

    def __init__(self, message: str, status: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body and its content type."""

    content: bytes
    kind: str = JSON

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Body:
        """Encode a JSON document."""
        return cls(json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class CarrierApi:
    """Sends requests to one engine; each opens its own connection and has a deadline in seconds.

    Methods raise EngineRefusedError for an error response (except `log`), DeadlineError, or MachshError.
    """

    dial: Dialer
    name: str
    """The engine's name for messages: the machine's name or the URL."""

    def get(self, path: str, seconds: float) -> dict[str, Any]:
        """Return the JSON object at `path`. Raises EngineRefusedError, DeadlineError or MachshError."""
        status, content = self._read(path, seconds)
        return _document(status, content)

    def inspect(self, container: str, seconds: float) -> dict[str, Any]:
        """Return the inspected container; {} if there is none of that name."""
        try:
            return self.get(container_path(container, "json"), seconds)
        except EngineRefusedError as error:
            if error.status != 404:
                raise
            return {}

    def log(self, container: str, seconds: float) -> str:
        """Return the last ten lines of a container's log; empty if the engine refuses."""
        query = {"stdout": 1, "stderr": 1, "tail": 10}
        status, content = self._read(_with(container_path(container, "logs"), query), seconds)
        return _unframed(content) if status < 400 else ""

    def _read(self, path: str, seconds: float) -> tuple[int, bytes]:
        with self._connected(seconds) as connection:
            answer = connection.ask([path], seconds)[0]
            return answer.status, answer.body

    def send(
        self, method: str, path: str, seconds: float, body: Body | None = None, query: Query | None = None
    ) -> dict[str, Any]:
        """Send a request and return the JSON object of the response; {} if it is empty.

        A JSON list is returned as `items`.
        """
        body = body or Body(b"", "")
        with self._connected(seconds) as connection:
            answer = connection.send(method, _with(path, query), seconds, body.content, body.kind)
        return _document(answer.status, answer.body)

    def follow(
        self, path: str, seconds: float, body: Body, tell: Callable[[dict[str, Any]], None], query: Query
    ) -> None:
        """POST, and call `tell` with each JSON object of the streamed response.

        Raises DeadlineError if the engine sends nothing for `seconds`.
        """
        with self._connected(seconds) as connection:
            head = connection.begin("POST", _with(path, query), seconds, body.content, body.kind)
            if head.status >= 400:
                _document(head.status, connection.body(head))
            for line in connection.lines(head, seconds):
                if line.strip() and isinstance(event := decode(line), dict):
                    tell(event)

    @contextmanager
    def _connected(self, seconds: float) -> Iterator[HttpConnection]:
        with self._explained(seconds):
            stream = self.dial(seconds)
            try:
                yield HttpConnection(stream)
            finally:
                stream.close()

    @contextmanager
    def _explained(self, seconds: float) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise DeadlineError(
                f"the engine at {self.name} did not answer within {seconds:g} s",
                hint="is it overloaded? give it more time with --timeout SECONDS",
            ) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise MachshError(f"the engine at {self.name} broke off: {reason}", hint=_ALIVE) from error


_ALIVE = "look whether it still runs, and at its log; then run the command again"


def container_path(name: str, call: str = "") -> str:
    """Return the API path of a container, or of a call on it (`start`, `logs`)."""
    return f"/containers/{quote(name, safe='')}" + (f"/{call}" if call else "")


def _with(path: str, query: Query | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _document(status: int, content: bytes) -> dict[str, Any]:
    try:
        document = decode(content) if content.strip() else {}
    except MachshError:
        document = {"message": content.decode("utf-8", "replace").strip()}
    found: dict[str, Any] = document if isinstance(document, dict) else {"items": document}
    if status >= 400:
        raise EngineRefusedError(str(found.get("message") or f"HTTP status {status}"), status)
    return found


def _unframed(content: bytes) -> str:
    """Decode a log: frames of one byte stream number, three zero bytes, four bytes length, and text."""
    text = b""
    while len(content) >= 8 and content[1:4] == bytes(3):
        end = 8 + int.from_bytes(content[4:8], "big")
        text, content = text + content[8:end], content[end:]
    return (text + content).decode("utf-8", "replace")
