"""No wait without an end: a deadline is made once and handed down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.errors import DeadlineError

if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


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

    @property
    def limit(self) -> str:
        """The whole time as error texts show it: `10 s`."""
        return f"{round(self.seconds, 2):g} s"

    def check(self, what: str, hint: str = "") -> None:
        """Raise DeadlineError when the time is up; `what` names what was waited for."""
        if self.has_passed:
            raise DeadlineError(f"{what}: no answer within {self.limit}", hint=hint)


def poll(done: Callable[[], bool], deadline: Deadline, *, pause: float = 0.2) -> bool:
    """Call `done` until it is true, `pause` seconds apart; False when the time is up first."""
    while not done():
        if deadline.has_passed:
            return False
        time.sleep(min(pause, deadline.remaining))
    return True


def within(deadline: Deadline, work: Callable[[], T]) -> T:
    """The result of `work`, which has no time limit of its own: when it is late, its thread is left behind.

    Raises TimeoutError then, and whatever `work` raises.
    """
    import threading

    results: list[T] = []
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            results.append(work())
        except BaseException as error:  # raised again where the result is waited for
            errors.append(error)

    thread = threading.Thread(target=attempt, daemon=True, name="machsh-within")
    thread.start()
    thread.join(deadline.remaining)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {deadline.limit}")
    return results[0]


def wait_until(
    done: Callable[[], bool], deadline: Deadline, what: str, *, pause: float = 0.2, hint: str = ""
) -> None:
    """Call `done` until it is true, `pause` seconds apart; DeadlineError names `what` otherwise."""
    if not poll(done, deadline, pause=pause):
        deadline.check(what, hint)
