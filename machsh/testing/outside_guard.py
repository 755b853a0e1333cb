"""Refuses processes and connections while a test runs that must stay inside Python's own process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

OUTSIDE = {
    "socket.connect": "opens a connection",
    "socket.bind": "opens a connection",
    "socket.getaddrinfo": "looks up a host",
    "socket.gethostbyname": "looks up a host",
    "subprocess.Popen": "starts a program",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a program",
    "os.exec": "starts a program",
    "os.system": "starts a program",
}
"""Python's audit events of what leaves the process -> what that is."""
_seen: list[str] | None = None
_is_watching = False


class WentOutsideError(AssertionError):
    """A test that must stay inside started a program or opened a connection, which was refused."""


@contextmanager
def staying_inside() -> Iterator[list[str]]:
    """Refuse what leaves the process, in every thread; the list tells what was refused.

    The refusal is a WentOutsideError in the code that tried, which may swallow it: look at the list, too.
    """
    global _seen, _is_watching
    if not _is_watching:
        sys.addaudithook(_watch)  # which cannot be taken away again
        _is_watching = True
    seen: list[str] = []
    _seen = seen
    try:
        yield seen
    finally:
        _seen = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event in OUTSIDE:
        shown = ", ".join(repr(one)[:80] for one in arguments[:2])
        _seen.append(f"{OUTSIDE[event]} ({event} {shown})")
        raise WentOutsideError(f"refused: it {_seen[-1]}")
