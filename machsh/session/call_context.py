"""Who runs what at the moment: streams, progress and questions of the command that a thread works for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from machsh.environment import Environment
from machsh.output.progress_display import LineProgress, progress_for
from machsh.output.prompter import ConsolePrompter


class ClosableProgress(Protocol):
    """Progress whose last step can be ended."""

    def step(self, text: str) -> None:
        """Begin a step."""

    def info(self, text: str) -> None:
        """Say a detail."""

    def warning(self, text: str) -> None:
        """Say something to be seen."""

    def debug(self, text: str) -> None:
        """Say what a debugging user wants."""

    def end(self, *, is_good: bool = True) -> None:
        """The last step is over."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """One running command: where its text goes, and who is asked."""

    environment: Environment
    progress: ClosableProgress
    question: ConsolePrompter


class CallRegistry:
    """The running commands by thread.

    Machines are shared by commands that run side by side, so what they tell and ask finds its command here.
    A thread that machines started works for the only command there is, else for the session itself.
    """

    def __init__(self, environment: Environment, *, can_ask: bool, is_yes: bool) -> None:
        self._can_ask = can_ask
        self._is_yes = is_yes
        self._running: dict[int, CallContext] = {}
        self._idle = CallContext(environment, LineProgress(environment), self._question(environment))

    @property
    def now(self) -> CallContext:
        """The call that this thread works for."""
        running = self._running
        call = running.get(threading.get_ident())
        if call is not None:
            return call
        return next(iter(running.values())) if len(running) == 1 else self._idle

    @contextmanager
    def begin(self, environment: Environment, *, to_stderr: bool = False) -> Iterator[CallContext]:
        """A command begins in this thread; its progress ends with it."""
        call = CallContext(
            environment, progress_for(environment, to_stderr=to_stderr), self._question(environment)
        )
        thread = threading.get_ident()
        outer = self._running.get(thread)
        self._running[thread] = call
        is_good = False
        try:
            yield call
            is_good = True
        finally:
            call.progress.end(is_good=is_good)
            if outer is None:
                del self._running[thread]
            else:
                self._running[thread] = outer

    def _question(self, environment: Environment) -> ConsolePrompter:
        return ConsolePrompter(environment, can_ask=self._can_ask, is_yes=self._is_yes)


class CallProgress:
    """Progress that goes to the command which the thread works for."""

    def __init__(self, calls: CallRegistry) -> None:
        self._calls = calls

    def step(self, text: str) -> None:
        """Pass it on."""
        self._calls.now.progress.step(text)

    def info(self, text: str) -> None:
        """Pass it on."""
        self._calls.now.progress.info(text)

    def warning(self, text: str) -> None:
        """Pass it on."""
        self._calls.now.progress.warning(text)

    def debug(self, text: str) -> None:
        """Pass it on."""
        self._calls.now.progress.debug(text)


class CallPrompter:
    """Questions that go to the user of the command which the thread works for."""

    def __init__(self, calls: CallRegistry) -> None:
        self._calls = calls

    def confirm(self, question: str) -> bool:
        """A yes-or-no question. Raises UsageError when nobody can be asked."""
        return self._calls.now.question.confirm(question)

    def text(self, prompt: str) -> str:
        """A line that the user types. Raises UsageError when nobody can be asked."""
        return self._calls.now.question.text(prompt)

    def secret(self, prompt: str) -> str:
        """A passphrase. Raises UsageError when nobody can be asked."""
        return self._calls.now.question.secret(prompt)
