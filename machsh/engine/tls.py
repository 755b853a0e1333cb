"""TLS connections to an engine with the standard library; error messages are Go's."""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from machsh.deadline import Deadline
from machsh.engine.endpoint import TlsPaths
from machsh.engine.errors import (
    MOVED,
    RENEW,
    UnreachableError,
    WrongNameError,
    explain,
    is_address,
    wrong_name,
)
from machsh.engine.tls_context import client_context
from machsh.errors import MachshError
from machsh.regular_file import read_regular


@dataclass(frozen=True, slots=True)
class _Pair:
    """Cache key made of the files' contents: machines keep copies of one pair, which share a context."""

    ca: bytes
    cert: bytes
    key: bytes
    paths: TlsPaths = field(compare=False)


def context(paths: TlsPaths) -> ssl.SSLContext:
    """Return a client context that trusts only `paths.ca`; contexts are cached by file content.

    Raises MachshError for a missing file (`open PATH: no such file or directory`) or an invalid one.
    """
    return _context(_Pair(_read(paths.ca), _read(paths.cert), _read(paths.key), paths))


@functools.lru_cache(maxsize=64)
def _context(pair: _Pair) -> ssl.SSLContext:
    made = client_context()
    try:
        made.load_verify_locations(cadata=pair.ca.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError) as error:
        raise MachshError(f"Could not read CA certificate {pair.paths.ca}", hint=RENEW) from error
    _load_pair(made, pair.paths)
    return made


def _load_pair(made: ssl.SSLContext, paths: TlsPaths) -> None:
    try:
        made.load_cert_chain(paths.cert, paths.key)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        text = f"Could not load X509 key pair ({paths.cert}, {paths.key}): {reason}"
        raise MachshError(text, hint=RENEW) from error


def unverifying_context(paths: TlsPaths) -> ssl.SSLContext:
    """Return a context with the client's certificate that takes any engine's. Raises MachshError."""
    made = client_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    for path in (paths.cert, paths.key):
        _read(path)  # refuses a named pipe, on which ssl would block
    _load_pair(made, paths)
    return made


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        text = (error.strerror or str(error)).lower()
        raise MachshError(f"open {path}: {text}", hint=RENEW) from error


OpenTcp = Callable[[float], socket.socket]
"""Opens a tcp connection to the engine within the given number of seconds."""


def connect(open_tcp: OpenTcp, host: str, paths: TlsPaths, deadline: Deadline) -> ssl.SSLSocket:
    """Open a TLS connection to an engine and verify its certificate. Raises MachshError with Go's message."""
    made = context(paths)
    try:
        return handshake(open_tcp(deadline.remaining), made, host, deadline)
    except WrongNameError as error:
        raise with_names(open_tcp, host, paths, deadline) from error


def with_names(open_tcp: OpenTcp, host: str, paths: TlsPaths, deadline: Deadline) -> UnreachableError:
    """Return Go's error for a certificate with other names, which are fetched over a second connection."""
    text = wrong_name(host, _shown_names(open_tcp, host, paths, deadline))
    return WrongNameError(text, hint=MOVED)


def _shown_names(open_tcp: OpenTcp, host: str, paths: TlsPaths, deadline: Deadline) -> tuple[str, ...]:
    """Return the DNS names or IP addresses, whichever `host` is, that the certificate is valid for.

    This needs a second connection without name check; after a failed handshake ssl does not show the names.
    """
    trusting = client_context()
    trusting.check_hostname = False
    trusting.load_verify_locations(paths.ca)
    trusting.load_cert_chain(paths.cert, paths.key)
    with contextlib.suppress(MachshError, OSError):
        with handshake(open_tcp(deadline.remaining), trusting, host, deadline) as secured:
            wanted = "IP Address" if is_address(host) else "DNS"
            names = (secured.getpeercert() or {}).get("subjectAltName", ())
            return tuple(str(name[1]) for name in names if name[0] == wanted)
    return ()


def handshake(
    connection: socket.socket, made: ssl.SSLContext, host: str, deadline: Deadline
) -> ssl.SSLSocket:
    """Do the TLS handshake on a connection and verify the server; close the connection on failure.

    Raises UnreachableError with Go's message.
    """
    try:
        connection.settimeout(max(deadline.remaining, 0.001))
        return made.wrap_socket(connection, server_hostname=host)
    except BaseException as error:
        connection.close()
        if isinstance(error, OSError):
            raise explain(error, host) from error
        raise
