"""Opens connections to the engine of a machine."""

from __future__ import annotations

from machsh.engine.dial import Dialer
from machsh.machine.machine import Machine


def engine_dialer(machine: Machine) -> Dialer:
    """Return what opens a connection to the machine's engine at its last known address.

    Raises MachshError if no address is known.
    """
    from machsh.engine.dial import dialer

    endpoint = machine.endpoint()
    if endpoint.scheme == "ssh":
        return lambda seconds: machine.runner().open_unix("/var/run/docker.sock")
    return dialer(endpoint, machine.tls_paths if endpoint.is_tls else None)
