"""Attaches our standard streams to a container's, for `docker run` and `docker exec` without a docker CLI."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from machsh.descriptors import wait_ready
from machsh.engine.endpoint import Endpoint
from machsh.engine.http import HttpConnection
from machsh.engine.link import Link, WaitingLink
from machsh.engine.relay.connect import open_link
from machsh.engine.sdk.call import DOCKER_FAILED, refusal
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.ssh.raw_terminal import raw

_SECONDS = 20.0
_LONGEST_REFUSAL = 1024 * 1024
_LOOK_SECONDS = 0.3
"""How often to check whether the terminal's size has changed."""
_FRAME = 8
_ERROR_STREAM = 2

Size = tuple[int, int]


@dataclass(slots=True)
class AttachedStreams:
    """An upgraded connection that carries a container's standard streams."""

    link: Link
    environment: Environment
    tty: bool
    resize: Callable[[Size], object]
    rest: bytes = b""
    _size: Size = field(default=(0, 0))

    @classmethod
    def open(
        cls,
        endpoint: Endpoint,
        path: str,
        environment: Environment,
        tty: bool,
        resize: Callable[[Size], object],
    ) -> AttachedStreams:
        """POST to the API path `path` to attach. Raises MachshError if the engine refuses or is unreachable.

        `resize` is called with (lines, columns) when the terminal's size changes.
        """
        link = open_link(endpoint, _SECONDS)
        body = json.dumps({"Detach": False, "Tty": tty}).encode()
        try:
            connection = HttpConnection(WaitingLink(link), most=_LONGEST_REFUSAL)
            answer, rest = connection.upgrade(path, _SECONDS, body, "application/json")
            if answer.status not in (101, 200):
                raise refusal(answer.body, DOCKER_FAILED)
        except OSError as error:
            link.close()
            text = "the engine does not attach to the container"
            raise MachshError(text, hint=str(error), code=DOCKER_FAILED) from error
        except BaseException:
            link.close()
            raise
        return cls(link, environment, tty, resize, rest)

    def run(self, takes_input: bool) -> None:
        """Copy bytes both ways until the container closes its side; send our input only if `takes_input`.

        Closes the connection.
        """
        keys = _descriptor(self.environment)
        lent = raw(keys) if self.tty and keys is not None else contextlib.nullcontext()
        with lent, contextlib.suppress(ConnectionError):
            self._show(b"")
            keys = keys if takes_input else None
            if takes_input and keys is None:
                self.link.finish()
            while not self.link.has_ended:
                self._follow_size()
                wanted: list[Link | int] = (
                    [self.link] if keys is None or self.link.has_unsent else [self.link, keys]
                )
                sending = [self.link] if self.link.has_unsent else []
                readable, writable = wait_ready(wanted, sending, _LOOK_SECONDS)
                if writable:
                    self.link.flush()
                if self.link in readable:
                    self._show(self.link.receive())
                if keys is not None and keys in readable:
                    keys = self._type(keys)
        self.link.close()

    def _type(self, keys: int) -> int | None:
        content = os.read(keys, 65536)
        if content:
            self.link.send(content)
            return keys
        self.link.finish()
        return None

    def _show(self, content: bytes) -> None:
        self.rest += content
        if self.tty:
            _write(self.environment.stdout, self.rest)
            self.rest = b""
            return
        while len(self.rest) >= _FRAME:
            size = int.from_bytes(self.rest[4:_FRAME], "big")
            if len(self.rest) < _FRAME + size:
                return
            environment = self.environment
            stream = environment.stderr if self.rest[0] == _ERROR_STREAM else environment.stdout
            _write(stream, self.rest[_FRAME : _FRAME + size])
            self.rest = self.rest[_FRAME + size :]

    def _follow_size(self) -> None:
        if not self.tty:
            return
        with contextlib.suppress(OSError, ValueError):
            size = os.get_terminal_size(self.environment.stdout.fileno())
            if size != self._size:
                self.resize((size.lines, size.columns))
                self._size = (size.columns, size.lines)


def require_terminal(environment: Environment) -> None:
    """Raise MachshError, with docker's message, if standard input is not a terminal."""
    if not environment.is_terminal(environment.stdin):
        raise MachshError("the input device is not a TTY", hint="leave out -t", code=1)


def _descriptor(environment: Environment) -> int | None:
    try:
        return environment.stdin.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _write(stream: object, content: bytes) -> None:
    """Write bytes to the stream's binary buffer if it has one, else as decoded text."""
    if not content:
        return
    raw = getattr(stream, "buffer", None)
    if raw is not None:
        raw.write(content)
        raw.flush()
    else:
        stream.write(content.decode("utf-8", "replace"))  # type: ignore[attr-defined]
