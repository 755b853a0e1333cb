"""Maps each thread to the command it is running, so that progress and prompts reach the right streams."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from machsh.environment import Environment
from machsh.output.progress_display import LineProgress, progress_for
from machsh.output.prompter import ConsolePrompter
from machsh.progress import Progress


@dataclass(frozen=True, slots=True)
class CallContext:
    """A running command's streams, progress display and prompter."""

    environment: Environment
    progress: Progress
    question: ConsolePrompter


class CallRegistry:
    """The running commands, by thread.

    Commands that run in parallel share their machines, so a machine's progress and prompts look up their
    command here. A thread that a machine has started belongs to the only running command; when several
    run, or none, it belongs to the session itself.
    """

    def __init__(self, environment: Environment, *, can_ask: bool, is_yes: bool) -> None:
        self._can_ask = can_ask
        self._is_yes = is_yes
        self._running: dict[int, CallContext] = {}
        self._idle = CallContext(environment, LineProgress(environment), self._question(environment))

    @property
    def now(self) -> CallContext:
        """The command that the current thread works for."""
        running = self._running
        call = running.get(threading.get_ident())
        if call is not None:
            return call
        return next(iter(running.values())) if len(running) == 1 else self._idle

    @contextmanager
    def begin(self, environment: Environment, *, to_stderr: bool = False) -> Iterator[CallContext]:
        """Register a command for the current thread; on exit, end its progress and restore the outer one."""
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
    """Forwards progress to the current thread's command."""

    def __init__(self, calls: CallRegistry) -> None:
        self._calls = calls

    def step(self, text: str) -> None:
        """Forward to the current command's progress."""
        self._calls.now.progress.step(text)

    def info(self, text: str) -> None:
        """Forward to the current command's progress."""
        self._calls.now.progress.info(text)

    def warning(self, text: str) -> None:
        """Forward to the current command's progress."""
        self._calls.now.progress.warning(text)

    def debug(self, text: str) -> None:
        """Forward to the current command's progress."""
        self._calls.now.progress.debug(text)

    def done(self, *, is_good: bool = True) -> None:
        """Forward to the current command's progress."""
        self._calls.now.progress.done(is_good=is_good)

    def end(self, *, is_good: bool = True) -> None:
        """Forward to the current command's progress."""
        self._calls.now.progress.end(is_good=is_good)


class CallPrompter:
    """Forwards questions to the prompter of the current thread's command."""

    def __init__(self, calls: CallRegistry) -> None:
        self._calls = calls

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question. Raises UsageError when there is no user to answer."""
        return self._calls.now.question.confirm(question)

    def text(self, prompt: str) -> str:
        """Ask for a line of text. Raises UsageError when there is no user to answer."""
        return self._calls.now.question.text(prompt)

    def secret(self, prompt: str) -> str:
        """Ask for a passphrase. Raises UsageError when there is no user to answer."""
        return self._calls.now.question.secret(prompt)
