"""How many files this process may have open, and how many clients a relay can therefore serve at once."""

from __future__ import annotations

import contextlib

BACKLOG = 1024
"""Clients that may wait for `accept`; the system's own limit (`somaxconn`) is 4096 on today's Linux."""
FILES_PER_CLIENT = 4
"""The client, its connection to the engine, and the two ends of a bridge to an ssh channel."""
_OWN_FILES = 64
"""Listener, pipes, selector, spare connections, and those that are being dialled."""
_UNKNOWN = 256


def raise_limit() -> None:
    """Let this process open as many files as the system allows it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def most_clients() -> int:
    """How many clients fit into the limit of open files."""
    files = _UNKNOWN
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(1, (files - _OWN_FILES) // FILES_PER_CLIENT)
