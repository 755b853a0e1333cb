"""Child processes stopped with Ctrl-Z, and how they are resumed."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

from machsh.errors import UsageError

if TYPE_CHECKING:
    from machsh.process.job import Job

STOPPED_CODE = 128 + 20
"""The exit code of a line whose child was stopped (SIGTSTP)."""


class Jobs:
    """The stopped and background jobs by number. `say` prints one line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._jobs: dict[int, Job] = {}
        self._texts: dict[int, str] = {}
        self.line = ""
        """The line that is running, as typed."""

    def add(self, job: Job) -> None:
        """Record a job that has just been stopped, as the newest, and print it."""
        known = self._number(job)
        number = known or max(self._jobs, default=0) + 1
        if not known:
            self._texts.pop(number, None)
        self._jobs.pop(number, None)
        self._jobs[number] = job  # `_find` takes the last one by default
        if number not in self._texts:
            self._texts[number] = self.line or shlex.join(job.words)
        self._say(f"\n{self._line(number)}")

    def lines(self) -> list[str]:
        """Return one line per job; jobs that have ended are listed once and then forgotten."""
        found = []
        for number, job in sorted(self._jobs.items()):
            job.poll()
            found.append(self._line(number))
            if job.code is not None:
                del self._jobs[number]
        return found

    def tell_ended(self) -> None:
        """Print the jobs that have ended since the last prompt, and forget them."""
        for number, job in list(self._jobs.items()):
            if job.poll() is not None:
                self._say(self._line(number))
                del self._jobs[number]

    @property
    def count(self) -> int:
        """The number of jobs."""
        return len(self._jobs)

    @property
    def stopped(self) -> int:
        """The number of stopped jobs."""
        return sum(job.is_stopped for job in self._jobs.values())

    def foreground(self, word: str = "") -> int:
        """Resume a job in the foreground; return its exit code, or STOPPED_CODE if it is stopped again.

        `word` is its number, with or without `%`; empty for the newest. Raises UsageError for an unknown job.
        """
        number = self._find(word)
        job = self._jobs[number]
        self._say(self._texts[number])
        code = job.into_foreground()
        if code is None:
            self.add(job)
            return STOPPED_CODE
        del self._jobs[number]
        return code

    def background(self, word: str = "") -> None:
        """Resume a job without the terminal. Raises UsageError for an unknown job."""
        number = self._find(word)
        self._jobs[number].into_background()
        self._say(f"[{number}]  {self._texts[number]} &")

    def kill(self, word: str = "") -> None:
        """Ask a job to end. Raises UsageError for an unknown job."""
        self._jobs[self._find(word)].end()

    def alive(self) -> list[str]:
        """Return one line per job that has not ended, for the warning before leaving."""
        return [self._line(number) for number, job in sorted(self._jobs.items()) if job.poll() is None]

    def end(self) -> None:
        """Hang up on all jobs, as a closing terminal would."""
        for job in self._jobs.values():
            job.hang_up()

    def _number(self, job: Job) -> int:
        return next((number for number, known in self._jobs.items() if known is job), 0)

    def _find(self, word: str) -> int:
        if not self._jobs:
            raise UsageError("there is no job", hint="Ctrl-Z stops a running command and makes it one")
        if not word:
            return next(reversed(self._jobs))
        bare = word.removeprefix("%")
        if not bare.isdigit() or int(bare) not in self._jobs:
            raise UsageError(f"there is no job {word}", hint="jobs lists them")
        return int(bare)

    def _line(self, number: int) -> str:
        job = self._jobs[number]
        if job.code is not None:
            state = f"ended ({job.code})" if job.code else "done"
        else:
            state = "stopped" if job.is_stopped else "running"
        return f"[{number}]  {state:<10} {self._texts[number]}"
