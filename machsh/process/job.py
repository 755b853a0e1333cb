"""A child in a process group of its own, that can be stopped and go on later. POSIX only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any

from machsh.process.child import exit_code, quiet_interrupt
from machsh.process.terminal import Terminal

_SCREEN_KEPT = (2, 13)
"""SIGINT and SIGPIPE (which Windows lacks): programs have then tidied up, or never touched the screen."""


class Job:
    """One child program and its process group."""

    def __init__(self, process: subprocess.Popen[bytes], words: tuple[str, ...], terminal: Terminal) -> None:
        self.words = words
        """What was run, for `jobs`."""
        self.pid = process.pid
        self.code: int | None = None
        """The exit code once it has ended."""
        self.is_stopped = False
        self._process = process
        self._terminal = terminal
        self._modes: list[Any] | None = None

    def into_foreground(self) -> int | None:
        """Lend the child the terminal until it ends (its exit code) or is stopped (None). This is `fg`."""
        ours = self._terminal.modes()
        self._terminal.give_to(self.pid)
        self._terminal.set_modes(self._modes)
        try:
            with quiet_interrupt():
                # It may have been stopped for touching the terminal before it owned it.
                self.into_background()
                self._wait(0)
        finally:
            self._terminal.take_back()
            if self.is_stopped:
                self._modes = self._terminal.modes()
            self._terminal.set_modes(ours)
        if self._was_killed():
            self._terminal.clean()
        return self.code

    def into_background(self) -> None:
        """Let a stopped child go on. Without the terminal this is `bg`."""
        self.is_stopped = False
        self._signal(signal.SIGCONT)

    def poll(self) -> int | None:
        """Look without waiting: the exit code, or None; `is_stopped` is then up to date too."""
        if self.code is None:
            self._wait(os.WNOHANG)
        return self.code

    def end(self) -> None:
        """Ask it to end, also when it is stopped."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def hang_up(self) -> None:
        """Tell it that its terminal is gone, also when it is stopped; what should outlive that ignores it."""
        self._signal(signal.SIGHUP)
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it for sure."""
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
