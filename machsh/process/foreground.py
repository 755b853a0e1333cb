"""Runs a child in the foreground: signals, job control, and a restored terminal afterwards.

While a child runs, SIGINT has an empty handler instead of SIG_IGN, which the child would inherit.
"""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from machsh.environment import Environment
from machsh.process.child import SIGNALLED, exit_code, quiet_interrupt, start, time_limit

if TYPE_CHECKING:
    from machsh.process.job import Job


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a foreground child: its exit code, and its job if it was stopped instead of ending."""

    code: int
    job: Job | None = None


@dataclass(frozen=True, slots=True)
class Foreground:
    """Runs children in the foreground, on the environment's streams.

    With `job_control` (the interactive shell) each child gets its own process group, so that Ctrl-Z stops
    only the child. Without it, the child shares our group and Ctrl-Z stops both, as the outer shell expects.
    """

    environment: Environment
    job_control: bool = False
    stopped: Callable[[Job], None] = lambda job: None
    """Called with the job of each child that was stopped."""

    def run(
        self,
        argv: Sequence[str],
        variables: Mapping[str, str] | None = None,
        *,
        cwd: Path | None = None,
        seconds: float | None = None,
    ) -> Outcome:
        """Run a program until it ends, is stopped, or has run for `seconds`.

        `variables` replaces the child's whole environment. Raises MachshError when it cannot be started.
        """
        environment = self.environment
        given = dict(environment.variables if variables is None else variables)
        for stream in (environment.stdout, environment.stderr):
            stream.flush()
        with quiet_interrupt():
            if self.job_control and environment.is_terminal(environment.stdin):
                outcome = self._run_as_job(argv, given, cwd, seconds)
                if outcome is not None:
                    return outcome
            return Outcome(_run_plainly(argv, given, cwd, seconds, environment))

    def _run_as_job(
        self, argv: Sequence[str], variables: dict[str, str], cwd: Path | None, seconds: float | None
    ) -> Outcome | None:
        """Run the program in its own process group; None without a terminal or with an in-memory output."""
        from machsh.process.job import Job
        from machsh.process.terminal import Terminal

        terminal = Terminal.of(self.environment)
        streams = self.environment.stdin, self.environment.stdout, self.environment.stderr
        stdin, stdout, stderr = (_file_of(stream) for stream in streams)
        if terminal is None or stdout is None or stderr is None:
            return None
        options = {"stdin": stdin, "stdout": stdout, "stderr": stderr, "process_group": 0}
        process = start(argv, env=variables, cwd=cwd, **options)
        job = Job(process, tuple(argv), terminal)
        with time_limit(seconds, job.end, job.kill):
            code = job.into_foreground()
        if code is None:
            self.stopped(job)
            return Outcome(SIGNALLED + signal.SIGTSTP, job)
        return Outcome(code)


def _run_plainly(
    argv: Sequence[str],
    variables: dict[str, str],
    cwd: Path | None,
    seconds: float | None,
    environment: Environment,
) -> int:
    streams = (environment.stdout, environment.stderr)
    files = [_file_of(stream) for stream in streams]
    outputs = [subprocess.PIPE if file is None else file for file in files]
    process = start(
        argv, env=variables, cwd=cwd, stdin=_input(environment), stdout=outputs[0], stderr=outputs[1]
    )
    copies = [
        threading.Thread(target=_copy, args=(pipe, stream), daemon=True, name="machsh-copy")
        for pipe, stream in zip((process.stdout, process.stderr), streams, strict=True)
        if pipe is not None
    ]
    for copy in copies:
        copy.start()
    with time_limit(seconds, process.terminate, process.kill):
        code = exit_code(process.wait())
    for copy in copies:
        copy.join()
    return code


def _file_of(stream: TextIO) -> int | None:
    """Return the stream's file descriptor; None for an in-memory stream."""
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _input(environment: Environment) -> int:
    file = _file_of(environment.stdin)
    return subprocess.DEVNULL if file is None else file


def _copy(pipe: object, stream: TextIO) -> None:
    import io

    with io.TextIOWrapper(pipe, errors="replace", newline="") as text:  # type: ignore[type-var]
        while part := text.read(8192):
            stream.write(part)
