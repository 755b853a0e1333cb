"""Opens warm connections to the engine: connected, TLS handshake done, and pinged once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from machsh.deadline import Deadline
from machsh.engine.dial import dial_tcp, dial_unix
from machsh.engine.endpoint import Endpoint
from machsh.engine.errors import UnreachableError
from machsh.engine.http import HttpConnection
from machsh.engine.link import CHUNK, Link, TlsLink, WaitingLink, wait_for_hang_up
from machsh.engine.relay.plan import RelayPlan
from machsh.errors import MachshError

DIAL_SECONDS = 5.0
_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)
_UNANSWERED_MILLISECONDS = 15_000


@dataclass(frozen=True, slots=True)
class WarmConnection:
    """An idle connection to the engine, with a cached response to the ping that starts a docker command."""

    link: Link
    ping: bytes
    """The head of the response to `HEAD /_ping`; answering from it saves the client a round trip."""
    born: float = field(default_factory=time.monotonic)
    is_current: Callable[[], bool] = lambda: True
    """Whether the engine is still where this connection leads; asked every second, so it must not block."""

    def is_quiet(self) -> bool:
        """Whether the engine has neither closed the connection nor sent anything since the ping."""
        with suppress(OSError):
            return not self.link.receive() and not self.link.has_ended
        return False


Dial = Callable[[], WarmConnection]


def dial_of(plan: RelayPlan) -> Dial:
    """Return the function that opens connections to the plan's engine."""
    if plan.target is not None:
        return _SshDial(plan).dial
    return lambda: _dial(plan.endpoint)


def _dial(endpoint: Endpoint) -> WarmConnection:
    deadline = Deadline.after(DIAL_SECONDS)
    link = open_link(endpoint, DIAL_SECONDS)
    try:
        return _pinged(link, deadline.remaining)
    except BaseException:
        link.close()
        raise


def open_link(endpoint: Endpoint, seconds: float) -> Link:
    """Connect to a unix, tcp or TLS endpoint. Raises UnreachableError, or MachshError for bad TLS files."""
    deadline = Deadline.after(seconds)
    if endpoint.scheme == "unix":
        return Link(dial_unix(endpoint.socket_path, seconds))
    connection = dial_tcp(endpoint.address, seconds)
    try:
        if _USER_TIMEOUT is not None:
            connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, _UNANSWERED_MILLISECONDS)
        return _secured(connection, endpoint, deadline)
    except BaseException:
        connection.close()
        raise


def _secured(connection: socket.socket, endpoint: Endpoint, deadline: Deadline) -> Link:
    paths, host = endpoint.paths, endpoint.address[0]
    if paths is None:
        return Link(connection)
    from machsh.engine import errors, tls

    try:
        return TlsLink(connection, tls.context(paths), host, deadline)
    except OSError as error:
        reported = errors.explain(error, host)
        if isinstance(reported, errors.WrongNameError):
            reported = tls.with_names(partial(dial_tcp, endpoint.address), host, paths, deadline)
        raise reported from error


def _pinged(link: Link, seconds: float) -> WarmConnection:
    """Ping on the new connection, to check that the engine responds and to cache the response."""
    try:
        answer = HttpConnection(WaitingLink(link)).ping(seconds)
    except OSError as error:
        raise UnreachableError("the engine does not answer", hint="look at its log on the machine") from error
    if answer.status != 200 or answer.headers.get("connection", "").lower() == "close":
        raise UnreachableError(f"the engine keeps no connection: {answer.status} {answer.reason}")
    return WarmConnection(link, answer.head)


class _GivenPassphrase:
    """A prompter without a user, which only knows the passphrase from the plan."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def confirm(self, question: str) -> bool:
        """Return False."""
        return False

    def secret(self, prompt: str) -> str:
        """Return the passphrase from the plan. Raises MachshError if there is none."""
        if not self._secret:
            raise MachshError("the key needs its passphrase", hint="add it to your agent: ssh-add")
        return self._secret


class _SshDial:
    """Opens channels to the engine's socket over one persistent ssh connection."""

    def __init__(self, plan: RelayPlan) -> None:
        from machsh.ssh.connection import Connection

        target = plan.ssh_target
        assert target is not None
        self._connection = Connection(target, ask=_GivenPassphrase(plan.secret), seconds=DIAL_SECONDS * 2)
        self._path = plan.docker_socket

    def dial(self) -> WarmConnection:
        """Open a channel."""
        return warm_channel(self._connection.open_unix(self._path))


def warm_channel(channel: Any) -> WarmConnection:
    """Return a warm connection over an ssh channel to the engine's socket.

    The channel is bridged to a socket, because a selector cannot watch it. Raises MachshError.
    """
    link = Link(bridge(channel))
    try:
        return _pinged(link, DIAL_SECONDS)
    except BaseException:
        link.close()
        raise


def bridge(channel: Any) -> socket.socket:
    """Return a socket connected to the ssh channel by two threads, one for each direction."""
    client_end, channel_end = socket.socketpair()

    def outward() -> None:
        with suppress(OSError, EOFError):
            while content := channel_end.recv(CHUNK):
                channel.sendall(content)
        with suppress(Exception):  # a closed one raises errors of the ssh library's own, too
            channel.shutdown_write()
        wait_for_hang_up(channel_end)
        channel.close()
        channel_end.close()

    def inward() -> None:
        with suppress(OSError, EOFError):
            while content := channel.recv(CHUNK):
                channel_end.sendall(content)
        with suppress(OSError):
            channel_end.shutdown(socket.SHUT_WR)

    for carry in (outward, inward):
        threading.Thread(target=carry, daemon=True, name="machsh-bridge").start()
    return client_end
