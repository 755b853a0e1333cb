"""A TLS client context with Go's settings, and a check that an engine accepts it. Imports only ssl."""

from __future__ import annotations

import ssl


def client_context() -> ssl.SSLContext:
    """Return a context that trusts no certificate yet. Like Go, it accepts any trusted one as a root."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.hostname_checks_common_name = False
    return made


def is_accepted(secured: ssl.SSLSocket) -> bool:
    """Send a request and return whether the engine answers. Raises OSError if it refuses our certificate.

    In TLS 1.3 a refused client certificate does not fail the handshake, only the first read.
    """
    secured.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
    return bool(secured.recv(1))
