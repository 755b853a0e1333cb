"""A job: a child in its own process group that can be stopped and resumed. POSIX only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any

from machsh.process.child import exit_code, quiet_interrupt
from machsh.process.terminal import Terminal

_SCREEN_KEPT = (2, 13)
"""SIGINT and SIGPIPE (which Windows lacks): after these a program has tidied up, or never drew."""


class Job:
    """One child program and its process group, for the shell's `fg`, `bg` and `jobs`."""

    def __init__(self, process: subprocess.Popen[bytes], words: tuple[str, ...], terminal: Terminal) -> None:
        self.words = words
        """The command line, for `jobs`."""
        self.pid = process.pid
        self.code: int | None = None
        """The exit code; None until the child has ended."""
        self.is_stopped = False
        self._process = process
        self._terminal = terminal
        self._modes: list[Any] | None = None

    def into_foreground(self) -> int | None:
        """Give the child the terminal and wait (`fg`): the exit code when it ends, None when it is stopped.

        The terminal modes of a stopped child are kept and set again when it resumes.
        """
        shell_modes = self._terminal.modes()
        self._terminal.give_to(self.pid)
        self._terminal.set_modes(self._modes)
        try:
            with quiet_interrupt():
                # The kernel stops a child that uses the terminal before it owns it: resume it in any case.
                self.into_background()
                self._wait(0)
        finally:
            self._terminal.take_back()
            if self.is_stopped:
                self._modes = self._terminal.modes()
            self._terminal.set_modes(shell_modes)
        if self._was_killed():
            self._terminal.clean()
        return self.code

    def into_background(self) -> None:
        """Resume a stopped child. Done without the terminal, this is `bg`."""
        self.is_stopped = False
        self._signal(signal.SIGCONT)

    def poll(self) -> int | None:
        """Check for an end or a stop without waiting; return the exit code, None if not ended."""
        if self.code is None:
            self._wait(os.WNOHANG)
        return self.code

    def end(self) -> None:
        """Ask the child to end (SIGTERM), even if it is stopped."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def hang_up(self) -> None:
        """Send SIGHUP as a closing terminal does, even to a stopped child; `nohup` programs ignore it."""
        self._signal(signal.SIGHUP)
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the child and its process group (SIGKILL)."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def _wait(self, flags: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, flags | os.WUNTRACED)
        except ChildProcessError:
            self.code = self.code or 0
            return
        if pid == 0:
            return
        if os.WIFSTOPPED(status):
            self.is_stopped = True
            return
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code
        self.code = exit_code(code)

    def _was_killed(self) -> bool:
        returncode = self._process.returncode
        return returncode is not None and returncode < 0 and -returncode not in _SCREEN_KEPT
