"""Watches a guest's boot: until its sshd greets, and with the console's last lines when it does not."""

from __future__ import annotations

import socket
from pathlib import Path

from machsh.deadline import Deadline, poll
from machsh.drivers.guest.serial_log import last_lines
from machsh.drivers.qemu import vm_process
from machsh.drivers.qemu.forwarding import LOOPBACK
from machsh.drivers.qemu.launch_line import CONSOLE
from machsh.errors import DeadlineError, MachshError

_GREETING = b"SSH-"
_GREETING_SECONDS = 5.0
"""QEMU accepts connections for a guest that does not listen yet, and says nothing on them."""
_PAUSE = 0.5


def watch(folder: Path, name: str, ssh_port: int, deadline: Deadline) -> None:
    """Wait until the guest's sshd greets. Raises MachshError if the machine ends or the deadline passes."""

    def has_booted() -> bool:
        if not vm_process.pid(folder):
            raise MachshError(f"the machine ended while it booted{_end_of(folder)}", hint=_hint(name))
        return greets(ssh_port, min(_GREETING_SECONDS, max(0.1, deadline.remaining)))

    if not poll(has_booted, deadline, pause=_PAUSE):
        raise DeadlineError(
            f"no sshd answers {deadline.limit} after the machine was switched on{_end_of(folder)}",
            hint=f"{_hint(name)}; a slow one needs more time: --qemu-boot-timeout SECONDS",
        )


def greets(port: int, seconds: float) -> bool:
    """Whether an sshd greets on this port of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), seconds) as link:
            link.settimeout(seconds)
            return link.recv(len(_GREETING)) == _GREETING
    except OSError:
        return False


def _end_of(folder: Path) -> str:
    lines = last_lines(folder / CONSOLE)
    if not lines:
        return "; its console shows nothing"
    return "; its console ends with:\n" + "\n".join(f"    {line}" for line in lines)


def _hint(name: str) -> str:
    return f"see its whole console: machsh console {name}"
