"""The TLS client that Go's docker is, and the proof that an engine takes it. Imports nothing slow but ssl."""

from __future__ import annotations

import ssl


def client_context() -> ssl.SSLContext:
    """A client that trusts nobody yet. Like Go, it takes each given certificate as a root."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.hostname_checks_common_name = False
    return made


def is_accepted(secured: ssl.SSLSocket) -> bool:
    """Whether the engine answers: in TLS 1.3 a refused client certificate shows only then. Raises OSError."""
    secured.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
    return bool(secured.recv(1))
