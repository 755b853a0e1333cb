"""Opens connections to a machine's engine: over TLS, with the record's certificates, or over ssh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.plan import DOCKER_SOCKET
from machsh.machine.machine import Machine

if TYPE_CHECKING:
    from machsh.engine.dial import ByteStream, Dialer


def engine_dialer(machine: Machine, endpoint: Endpoint) -> Dialer:
    """Return the dialer for an endpoint of the machine; over ssh it uses the machine's kept connection."""
    from machsh.engine.dial import dialer

    if endpoint.scheme != "ssh":
        return dialer(endpoint, machine.tls_paths if endpoint.is_tls else None)

    def open_socket(seconds: float) -> ByteStream:
        stream: ByteStream = machine.runner().open_unix(DOCKER_SOCKET)
        return stream

    return open_socket
