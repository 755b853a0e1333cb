"""Waits for an operation of a provider, and reports the provider's reason if it does not complete."""

from __future__ import annotations

from collections.abc import Callable

from machsh.deadline import Deadline, poll
from machsh.errors import DeadlineError

POLL_SECONDS = 1.0


def wait_at_provider(
    done: Callable[[], bool],
    deadline: Deadline,
    what: str,
    reason: Callable[[], str] = lambda: "",
    pause: float = POLL_SECONDS,
) -> None:
    """Ask every `pause` seconds until `done`. `done` raises MachshError for what has failed for good.

    Raises DeadlineError: `WHAT: not there after 180 s: REASON`.
    """
    if poll(done, deadline, pause=pause):
        return
    told = reason()
    text = f"{what}: not there after {deadline.limit}" + (f": {told}" if told else "")
    raise DeadlineError(text, hint="give it more time with --timeout SECONDS")
