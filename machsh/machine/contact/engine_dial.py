"""Opens connections to a machine's engine: over TLS, with the record's certificates, or over ssh."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.errors import MachshError
from machsh.machine.machine import Machine

if TYPE_CHECKING:
    from machsh.engine.dial import ByteStream, Dialer


def engine_dialer(machine: Machine, endpoint: Endpoint) -> Dialer:
    """Return the dialer for an endpoint of the machine; over ssh it uses the machine's kept connection."""
    from machsh.engine.dial import dialer

    if machine.is_over_ssh:
        return partial(_open_socket, machine)
    return dialer(endpoint, machine.tls_paths if endpoint.is_tls else None)


def _open_socket(machine: Machine, seconds: float) -> ByteStream:
    stream: ByteStream = machine.runner().open_unix(machine.engine_socket, seconds)
    return stream


def ping(machine: Machine, seconds: float) -> None:
    """Check that the engine of a machine over ssh answers. Raises MachshError."""
    from machsh.engine.http import get

    stream = _open_socket(machine, seconds)
    try:
        answer = get(stream, "/_ping", seconds)
    except OSError as error:
        raise MachshError(
            f'the engine of "{machine.name}" does not answer over ssh: {error or "it is silent"}',
            hint=f"look at its log: machsh ssh {machine.name} sudo journalctl -u docker",
        ) from error
    finally:
        stream.close()
    if answer.status != 200:
        raise MachshError(f'the engine of "{machine.name}" answers {answer.status} {answer.reason}')
