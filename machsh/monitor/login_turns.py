"""Limits concurrent ssh logins: each costs a tenth of a second of this computer's CPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 3
PATIENCE_SECONDS = 2.0
"""After this wait a login starts without a turn: a host that does not answer must not delay others."""
_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def login_turn(seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Wait for a turn, but not longer than `seconds`."""
    has_turn = _turns.acquire(timeout=seconds)
    try:
        yield
    finally:
        if has_turn:
            _turns.release()
