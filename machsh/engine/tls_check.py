"""Checks that an engine and its client accept each other's certificates, as docker-machine does."""

from __future__ import annotations

import ssl
from functools import partial

from machsh.deadline import Deadline
from machsh.engine.dial import dial_tcp
from machsh.engine.endpoint import Endpoint, TlsPaths
from machsh.engine.errors import UnreachableError, explain
from machsh.engine.tls import connect
from machsh.engine.tls_context import client_context, is_accepted
from machsh.errors import MachshError

CHECK_SECONDS = 20.0
"""docker-machine's time limit for this check."""


def check(endpoint: Endpoint, paths: TlsPaths | None = None, seconds: float = CHECK_SECONDS) -> None:
    """Check that the engine's certificate is valid for its address, and that it accepts ours.

    `paths` replace the endpoint's own TLS files. Raises MachshError with Go's message if the check fails.
    """
    deadline = Deadline.after(seconds)
    files = paths or endpoint.paths
    if files is None:
        raise MachshError(f"{endpoint.url} is not protected by TLS")
    with connect(partial(dial_tcp, endpoint.address), endpoint.address[0], files, deadline) as secured:
        secured.settimeout(max(deadline.remaining, 0.001))
        try:
            has_answered = is_accepted(secured)
        except OSError as error:
            raise explain(error, "") from error
        if not has_answered:
            raise UnreachableError("EOF", hint="the engine closed the connection: look at its log")


def answer(address: tuple[str, int], seconds: float) -> None:
    """Check that something answers there when TLS is spoken, whatever its certificate.

    An accepted connection does not show that: what forwards a port to a guest accepts for it. Raises
    UnreachableError.
    """
    deadline = Deadline.after(seconds)
    made = client_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    with dial_tcp(address, deadline.remaining) as connection:
        connection.settimeout(max(deadline.remaining, 0.001))
        try:
            made.wrap_socket(connection).close()
        except OSError as error:
            if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError):
                raise explain(error, address[0]) from error
