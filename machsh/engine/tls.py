"""TLS to an engine with the standard library alone; its errors in the words of Go."""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from machsh.deadline import Deadline
from machsh.engine.dial import UnreachableError, dial_tcp
from machsh.engine.endpoint import Endpoint, TlsPaths
from machsh.engine.tls_texts import REGENERATE, WrongNameError, explain, is_address, wrong_name
from machsh.errors import MachshError

CHECK_SECONDS = 20.0
"""docker-machine's own limit of its connection check."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Certificates by content: machines keep copies of one pair, and all of them share one context."""

    ca: bytes
    cert: bytes
    key: bytes
    paths: TlsPaths = field(compare=False)


def context(paths: TlsPaths) -> ssl.SSLContext:
    """A client context that trusts `paths.ca` alone, made once per certificate pair.

    Raises MachshError with Go's text, `open PATH: no such file or directory`, for a missing file.
    """
    return _context(_Pair(_read(paths.ca), _read(paths.cert), _read(paths.key), paths))


@functools.lru_cache(maxsize=64)
def _context(pair: _Pair) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    # As Go does it: every certificate in ca.pem is a root, and the common name counts for nothing.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.hostname_checks_common_name = False
    try:
        made.load_verify_locations(cadata=pair.ca.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as error:
        raise MachshError(f"Could not read CA certificate {pair.paths.ca}", hint=REGENERATE) from error
    try:
        made.load_cert_chain(pair.paths.cert, pair.paths.key)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        text = f"Could not load X509 key pair ({pair.paths.cert}, {pair.paths.key}): {reason}"
        raise MachshError(text, hint=REGENERATE) from error
    return made


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        text = (error.strerror or str(error)).lower()
        raise MachshError(f"open {path}: {text}", hint=REGENERATE) from error


def check(endpoint: Endpoint, paths: TlsPaths | None = None, seconds: float = CHECK_SECONDS) -> None:
    """Prove that the engine shows a certificate of our authority for this address and takes ours.

    `paths` stand in for the files of the endpoint's folder. Raises MachshError with Go's text.
    """
    deadline = Deadline.after(seconds)
    files = paths or endpoint.paths
    if files is None:
        raise MachshError(f"{endpoint.url} is not protected by TLS")
    made, (host, _) = context(files), endpoint.address
    connection = dial_tcp(endpoint.address, deadline.remaining)
    try:
        secured = handshake(connection, made, host, deadline)
    except WrongNameError as error:
        shown = _shown_names(endpoint.address, files, deadline)
        raise UnreachableError(wrong_name(host, shown), hint=REGENERATE) from error
    with secured:
        _prove_accepted(secured, deadline)


def handshake(
    connection: socket.socket, made: ssl.SSLContext, host: str, deadline: Deadline
) -> ssl.SSLSocket:
    """Turn a connection into a TLS one and verify the server. Raises UnreachableError with Go's text."""
    try:
        connection.settimeout(max(deadline.remaining, 0.001))
        return made.wrap_socket(connection, server_hostname=host)
    except BaseException as error:
        connection.close()
        if isinstance(error, OSError):
            raise explain(error, host) from error
        raise


def _prove_accepted(secured: ssl.SSLSocket, deadline: Deadline) -> None:
    """In TLS 1.3 a refused client certificate shows only at the first answer, so one is asked for."""
    try:
        secured.settimeout(max(deadline.remaining, 0.001))
        secured.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        answer = secured.recv(1)
    except OSError as error:
        raise explain(error, "") from error
    if not answer:
        raise UnreachableError("EOF", hint="the engine closed the connection: look at its log")


def _shown_names(address: tuple[str, int], paths: TlsPaths, deadline: Deadline) -> tuple[str, ...]:
    """What the certificate is valid for, of the kind that was asked; needs a second connection."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    trusting.load_verify_locations(paths.ca)
    trusting.load_cert_chain(paths.cert, paths.key)
    with contextlib.suppress(MachshError, OSError):
        connection = dial_tcp(address, deadline.remaining)
        with handshake(connection, trusting, address[0], deadline) as secured:
            wanted = "IP Address" if is_address(address[0]) else "DNS"
            names = (secured.getpeercert() or {}).get("subjectAltName", ())
            return tuple(str(name[1]) for name in names if name[0] == wanted)
    return ()
