"""No wait without an end: a deadline is made once and handed down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from machsh.errors import DeadlineError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which something must have happened. Times are seconds."""

    seconds: float
    ends: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """Make a deadline that ends `seconds` from now."""
        return cls(seconds, clock() + seconds, clock)

    @property
    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.ends - self.clock())

    @property
    def has_passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining <= 0

    def check(self, what: str, hint: str = "") -> None:
        """Raise DeadlineError when the time is up; `what` names what was waited for."""
        if self.has_passed:
            raise DeadlineError(f"{what}: no answer within {self.seconds:g} s", hint=hint)


def wait_until(
    done: Callable[[], bool], deadline: Deadline, what: str, *, pause: float = 0.2, hint: str = ""
) -> None:
    """Call `done` until it is true, `pause` seconds apart; DeadlineError names `what` otherwise."""
    while not done():
        deadline.check(what, hint)
        time.sleep(min(pause, deadline.remaining))
