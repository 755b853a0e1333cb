"""Deadlines: the caller makes one, and every function below it waits no longer than that."""

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
    """A point in time by which an operation must finish. All times are in seconds."""

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
        """The total time allowed, formatted for error messages: `10 s`."""
        return f"{round(self.seconds, 2):g} s"

    def check(self, what: str, hint: str = "") -> None:
        """Raise DeadlineError if the deadline has passed; `what` names the operation in the message."""
        if self.has_passed:
            raise DeadlineError(f"{what}: no answer within {self.limit}", hint=hint)


def poll(done: Callable[[], bool], deadline: Deadline, *, pause: float = 0.2) -> bool:
    """Call `done` every `pause` seconds until it returns true; return False if the deadline passes first."""
    while not done():
        if deadline.has_passed:
            return False
        time.sleep(min(pause, deadline.remaining))
    return True


def within(deadline: Deadline, work: Callable[[], T]) -> T:
    """Run `work` in a thread and return its result; for calls that offer no time limit themselves.

    Raises TimeoutError when the deadline passes (the thread then keeps running), and whatever `work` raises.
    """
    import threading

    results: list[T] = []
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            results.append(work())
        except BaseException as error:  # raised again in the waiting thread
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
    """Call `done` every `pause` seconds until it returns true.

    Raises DeadlineError, naming `what`, when the deadline passes first.
    """
    if not poll(done, deadline, pause=pause):
        deadline.check(what, hint)
