"""Raises the limit of open files, and derives from it how many clients a relay can serve."""

from __future__ import annotations

import contextlib

BACKLOG = 1024
"""How many clients may wait for `accept`; Linux's own limit (`somaxconn`) is 4096 since 5.4."""
FILES_PER_CLIENT = 4
"""Descriptors per client: its socket, the connection to the engine, two ends of an ssh channel's bridge."""
_OWN_FILES = 64
"""Descriptors of the relay itself: listener, pipes, selector, idle connections and those being opened."""
_UNKNOWN = 256


def raise_limit() -> None:
    """Raise the soft limit of open files to the hard limit; errors are ignored."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def most_clients() -> int:
    """Return how many clients fit into the limit of open files, at least 1."""
    files = _UNKNOWN
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(1, (files - _OWN_FILES) // FILES_PER_CLIENT)
