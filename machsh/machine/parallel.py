"""Runs tasks in parallel on daemon threads, so that a task that hangs does not keep the process alive."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from machsh.deadline import Deadline
from machsh.errors import FOREIGN

T = TypeVar("T")

MOST_THREADS = 256


@dataclass(frozen=True, slots=True)
class TaskResult(Generic[T]):
    """The outcome of a task: a value, an error, or neither if it was not done in time (`is_late`)."""

    value: T | None = None
    error: BaseException | None = None
    is_late: bool = False


def run_all(
    tasks: Sequence[Callable[[], T]], seconds: float | None = None, *, most: int = MOST_THREADS
) -> list[TaskResult[T]]:
    """Run all tasks in parallel (up to `most` at a time) and return their outcomes in order.

    Tasks that are not done after `seconds` are returned as late; their threads continue in the background.
    A single task without a limit runs in the calling thread, where Ctrl-C interrupts it.
    """
    if len(tasks) == 1 and seconds is None:
        return [_attempt(tasks[0])]
    outcomes: list[TaskResult[T]] = [TaskResult(is_late=True) for _ in tasks]
    done: queue.SimpleQueue[tuple[int, TaskResult[T]]] = queue.SimpleQueue()
    _start(tasks, done, most)
    deadline = Deadline.after(seconds) if seconds is not None else None
    for _ in tasks:
        try:
            index, outcome = _next(done, deadline)
        except queue.Empty:
            break
        outcomes[index] = outcome
    return outcomes


def first_value(
    tasks: Sequence[Callable[[], T]], seconds: float, discard: Callable[[T], None] = lambda value: None
) -> tuple[T | None, dict[int, BaseException]]:
    """Run all tasks in parallel and return the first value that one returns, without waiting for the others.

    If none does within `seconds`, return None and the errors by the tasks' positions. Later values are given
    to `discard`, in the threads of their tasks.
    """
    done: queue.SimpleQueue[tuple[int, TaskResult[T]]] = queue.SimpleQueue()
    race = _Race(discard)
    _start([race.runner(task) for task in tasks], done)
    deadline = Deadline.after(seconds)
    errors: dict[int, BaseException] = {}
    for _ in tasks:
        try:
            index, outcome = _next(done, deadline)
        except queue.Empty:
            break
        if outcome.error is None:
            return outcome.value, errors
        errors[index] = outcome.error
    if race.end():
        return None, errors
    while (last := done.get()[1]).value is None:  # one has won as the time ran out: it is on its way
        continue
    return last.value, errors


class _LostRaceError(Exception):
    """The task has returned a value after another one had, or too late."""


class _Race(Generic[T]):
    """Keeps the first value and discards the others."""

    def __init__(self, discard: Callable[[T], None]) -> None:
        self._discard = discard
        self._is_over = False
        self._guard = threading.Lock()

    def runner(self, task: Callable[[], T]) -> Callable[[], T]:
        """Return the task wrapped to report to the race."""

        def run() -> T:
            value = task()
            if self.end():
                return value
            self._discard(value)
            raise _LostRaceError

        return run

    def end(self) -> bool:
        """End the race; return whether it was not over yet."""
        with self._guard:
            is_first, self._is_over = not self._is_over, True
            return is_first


def _start(
    tasks: Sequence[Callable[[], T]],
    done: queue.SimpleQueue[tuple[int, TaskResult[T]]],
    most: int = MOST_THREADS,
) -> None:
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(tasks)):
        waiting.put(index)

    def work() -> None:
        while True:
            try:
                index = waiting.get_nowait()
            except queue.Empty:
                return
            done.put((index, _attempt(tasks[index])))

    for _ in range(min(len(tasks), most)):
        threading.Thread(target=work, name="machsh-machine", daemon=True).start()


def _next(
    done: queue.SimpleQueue[tuple[int, TaskResult[T]]], deadline: Deadline | None
) -> tuple[int, TaskResult[T]]:
    if deadline is None:
        while True:  # get() without a timeout blocks Ctrl-C on some platforms
            try:
                return done.get(timeout=1.0)
            except queue.Empty:
                continue
    if deadline.has_passed:
        return done.get_nowait()
    return done.get(timeout=deadline.remaining)


def _attempt(task: Callable[[], T]) -> TaskResult[T]:
    try:
        return TaskResult(value=task())
    except FOREIGN as error:  # it may be a plugin's code
        return TaskResult(error=error)
