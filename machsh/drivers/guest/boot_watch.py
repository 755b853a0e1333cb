"""Watches a guest's boot: until its sshd greets, and with the console's last lines when it does not."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from machsh.deadline import Deadline, poll
from machsh.drivers.guest.loopback_ports import LOOPBACK
from machsh.drivers.guest.serial_log import end_of, has_panicked
from machsh.errors import DeadlineError, MachshError

_GREETING = b"SSH-"
_GREETING_SECONDS = 5.0
"""Hypervisors accept connections for a guest that does not listen yet: nothing comes, or they close them."""
_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class BootWatch:
    """The boot of one guest whose sshd is reached by a port of the loopback address."""

    machine: str
    ssh_port: int
    console: Path
    """The serial console's log."""
    why_ended: Callable[[], str]
    """Returns why the machine no longer runs, in words for the user; "" while it runs."""
    hint: str
    """What to do about a boot that takes too long."""
    look_pause: float = 0.0
    """Seconds between two calls of `why_ended`, for one that is a process."""

    def wait(self, deadline: Deadline) -> None:
        """Wait until sshd greets. Raises MachshError if the machine ends, DeadlineError."""
        next_look = deadline.remaining - self.look_pause

        def has_booted() -> bool:
            nonlocal next_look
            if deadline.remaining <= next_look:
                next_look = deadline.remaining - self.look_pause
                self._check_running()
            return greets(self.ssh_port, min(_GREETING_SECONDS, max(0.1, deadline.remaining)))

        if not poll(has_booted, deadline, pause=_PAUSE):
            raise DeadlineError(
                f"no sshd answers {deadline.limit} after the machine was switched on{end_of(self.console)}",
                hint=f"{self._console_hint}; {self.hint}",
            )

    def _check_running(self) -> None:
        reason = self.why_ended()
        if reason:
            raise MachshError(f"{reason}{end_of(self.console)}", hint=self._console_hint)
        if has_panicked(self.console):
            raise MachshError(
                f"the guest's kernel has panicked{end_of(self.console)}",
                hint=f"{self._console_hint}; switch it off: machsh kill {self.machine}",
            )

    @property
    def _console_hint(self) -> str:
        return f"see its whole console: machsh console {self.machine}"


def greets(port: int, seconds: float) -> bool:
    """Whether an sshd greets on this port of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), seconds) as link:
            link.settimeout(seconds)
            return link.recv(len(_GREETING)) == _GREETING
    except OSError:
        return False
