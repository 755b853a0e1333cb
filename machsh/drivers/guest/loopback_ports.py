"""Free ports of this computer's loopback address, at which machines without an address are reached."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable

from machsh.errors import MachshError

LOOPBACK = "127.0.0.1"
_TRIES = 100


def is_free(port: int, protocol: str = "tcp") -> bool:
    """Whether a program could listen on this port; `protocol` is `tcp` or `udp`."""
    return bool(_bound(port, protocol))


def choose(wanted: int, avoided: Iterable[int] = ()) -> int:
    """Return the wanted TCP port if it is free, else another free one; 0 wants any. None is in `avoided`.

    Raises MachshError if there is none.
    """
    taken = set(avoided)
    for port in (wanted, *[0] * _TRIES):
        found = 0 if port in taken else _bound(port)
        if found and found not in taken:
            return found
    raise MachshError("unable to allocate tcp port", hint="no port of the loopback address is free")


def _bound(port: int, protocol: str = "tcp") -> int:
    """Return the port to which a socket could be bound, for 0 any free one; 0 if it is taken."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with contextlib.closing(socket.socket(socket.AF_INET, kind)) as trial:
        if protocol == "tcp" and os.name != "nt":
            # As hypervisors do: connections that ended a moment ago are no hindrance. On Windows the option
            # would mean that a port may have two listeners.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return 0
        return int(trial.getsockname()[1])
