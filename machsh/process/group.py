"""Run several children in parallel, and stop them together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from machsh.deadline import Deadline
from machsh.environment import Environment
from machsh.process.child import exit_code, start

OWN_GROUP = {"process_group": 0} if hasattr(os, "killpg") else {}
"""Options of Popen that make a child the leader of a process group of its own, where the system has them."""
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
GRACE_SECONDS = 2.0
"""Seconds between interrupting the children and killing them."""


class Spawn(Protocol):
    """A function that runs a program to its end, on an environment's streams."""

    def __call__(self, argv: Sequence[str], variables: Mapping[str, str], environment: Environment) -> int:
        """Return the exit code, 128 + n for signal n. Raises MachshError if the program cannot be started."""


class Children:
    """Programs started by several threads. Their streams must have file descriptors.

    On POSIX each child gets its own process group, so that `stop` also reaches the processes it started.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._guard = threading.Lock()
        self._is_stopped = False

    def run(self, argv: Sequence[str], variables: Mapping[str, str], environment: Environment) -> int:
        """Run a program to its end, as `Spawn` does. After `stop`, start nothing and return 130 (SIGINT)."""
        with self._guard:
            if self._is_stopped:
                return 128 + signal.SIGINT
            process = start(
                argv,
                env=dict(variables),
                stdin=environment.stdin.fileno(),
                stdout=environment.stdout.fileno(),
                stderr=environment.stderr.fileno(),
                **OWN_GROUP,
            )
            self._running.add(process)
        try:
            return exit_code(process.wait())
        finally:
            with self._guard:
                self._running.discard(process)

    def stop(self) -> None:
        """Interrupt all children, kill those still running after `GRACE_SECONDS`, and start no more."""
        with self._guard:
            self._is_stopped = True
            running = list(self._running)
        for process in running:
            send_signal(process, signal.SIGINT)
        deadline = Deadline.after(GRACE_SECONDS)
        for process in running:
            try:
                process.wait(deadline.remaining)
            except subprocess.TimeoutExpired:
                send_signal(process, _KILL)


def send_signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a child that was started with `OWN_GROUP`, and to its group."""
    with suppress(OSError):
        if OWN_GROUP:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
