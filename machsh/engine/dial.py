"""Opens connections to an engine over tcp, TLS or a local socket; error messages are Go's."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable
from functools import partial
from typing import Protocol

from machsh.deadline import Deadline
from machsh.engine.endpoint import Endpoint, TlsPaths
from machsh.engine.errors import UnreachableError
from machsh.errors import MachshError

_KEEPALIVE = {("TCP_KEEPIDLE", "TCP_KEEPALIVE"): 30, ("TCP_KEEPINTVL",): 10, ("TCP_KEEPCNT",): 3}
"""TCP keepalive: probe after 30 s of silence, then every 10 s; fail after three lost probes (one minute).

The second name of an option is macOS's.
"""


class ByteStream(Protocol):
    """An open connection: a socket, a TLS socket or an ssh channel."""

    def recv(self, size: int, /) -> bytes:
        """Receive up to `size` bytes; return b"" at the end of the stream."""

    def sendall(self, content: bytes, /) -> None:
        """Send all bytes of `content`."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Set the time limit of each later call; None means no limit."""

    def close(self) -> None:
        """Close both directions."""


Dialer = Callable[[float], ByteStream]
"""Opens one connection to an engine within the given number of seconds.

Raises UnreachableError if that fails, or another MachshError for bad TLS files or over ssh.
"""


def dialer(endpoint: Endpoint, paths: TlsPaths | None = None) -> Dialer:
    """Return the dialer for a tcp, TLS or unix endpoint; `paths` replace the endpoint's own TLS files.

    Raises MachshError for `ssh://` (dialled by `machsh.ssh`) and `npipe://` (only docker can dial it).
    """
    if endpoint.scheme == "unix":
        return lambda seconds: dial_unix(endpoint.socket_path, seconds)
    if endpoint.scheme != "tcp":
        raise MachshError(f"cannot open {endpoint.url} directly", hint="it needs the docker CLI on your PATH")
    files = paths or endpoint.paths
    if files is None:
        return lambda seconds: dial_tcp(endpoint.address, seconds)
    return lambda seconds: _dial_tls(endpoint.address, files, seconds)


def dial_unix(path: str, seconds: float) -> socket.socket:
    """Connect to a local socket. Raises UnreachableError."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(seconds)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise _unreachable(error, f"dial unix {path}") from error
    return connection


def dial_tcp(address: tuple[str, int], seconds: float) -> socket.socket:
    """Connect to a host and port. Raises UnreachableError."""
    host, port = address
    try:
        connection = socket.create_connection(address, timeout=max(seconds, 0.001))
    except socket.gaierror as error:
        raise UnreachableError(
            f"dial tcp: lookup {host}: no such host", hint="check the machine's address and your name servers"
        ) from error
    except OSError as error:
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise _unreachable(error, f"dial tcp {name}") from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _keep_alive(connection)
    return connection


def _keep_alive(connection: socket.socket) -> None:
    """Enable TCP keepalive to notice a dead peer within a minute; the system's default is two hours."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for names, value in _KEEPALIVE.items():
        option = next((getattr(socket, name) for name in names if hasattr(socket, name)), None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


def _dial_tls(address: tuple[str, int], paths: TlsPaths, seconds: float) -> ByteStream:
    from machsh.engine import tls  # late: loading ssl takes 15 ms, and local sockets do not need it

    return tls.connect(partial(dial_tcp, address), address[0], paths, Deadline.after(seconds))


def _unreachable(error: OSError, what: str) -> UnreachableError:
    if isinstance(error, TimeoutError):
        return UnreachableError(f"{what}: i/o timeout", hint="check the machine's state and firewall")
    hints = {
        errno.ECONNREFUSED: "nothing listens there: is the machine running, and its engine?",
        errno.ENOENT: "no engine runs here: start one, or switch to a machine with `use NAME`",
        errno.EACCES: "you may not open this socket: join the group docker, or run as root",
    }
    text = (error.strerror or str(error)).lower()
    refused = error.errno in (errno.ECONNREFUSED, errno.ENOENT)
    return UnreachableError(f"{what}: connect: {text}", hint=hints.get(error.errno or 0, ""), refused=refused)


def cut(stream: ByteStream) -> None:
    """Shut down, then close: closing alone would not wake a thread that is reading from the socket."""
    with contextlib.suppress(OSError, ValueError):  # it may be closed already, or its other end
        if isinstance(stream, socket.socket):
            socket.socket.shutdown(stream, socket.SHUT_RDWR)
    with contextlib.suppress(OSError, ValueError):
        stream.close()
