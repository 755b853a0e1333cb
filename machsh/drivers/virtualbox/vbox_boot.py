"""Watches a guest's boot: until its sshd greets, and with the console's last lines when it does not."""

from __future__ import annotations

from pathlib import Path

from machsh.deadline import Deadline, poll
from machsh.drivers.driver import State
from machsh.drivers.guest.serial_log import last_lines
from machsh.drivers.virtualbox.forwards import LOOPBACK
from machsh.drivers.virtualbox.guest_address import greets
from machsh.drivers.virtualbox.hypervisor import Hypervisor
from machsh.errors import DeadlineError, MachshError

PAUSE = 0.3
STATE_PAUSE = 5.0
"""How often to ask whether the VM still runs, in seconds: each question is a process."""
GREETING_SECONDS = 3.0


def watch(box: Hypervisor, vm: str, ssh_port: int, console: Path, deadline: Deadline) -> None:
    """Wait until the guest's sshd greets. Raises MachshError if the VM ends or the deadline passes."""
    next_look = deadline.remaining - STATE_PAUSE

    def has_booted() -> bool:
        nonlocal next_look
        if greets((LOOPBACK, ssh_port), min(GREETING_SECONDS, deadline.remaining)):
            return True
        if deadline.remaining < next_look:
            next_look = deadline.remaining - STATE_PAUSE
            _check_running(box, vm, console)
        return False

    if not poll(has_booted, deadline, pause=PAUSE):
        raise DeadlineError(
            f"no sshd answers {deadline.limit} after the VM was started{end_of(console)}",
            hint="a slow guest needs more time: --timeout SECONDS; "
            "VirtualBox's window shows its screen: --virtualbox-ui-type gui",
        )


def _check_running(box: Hypervisor, vm: str, console: Path) -> None:
    state = box.info(vm).state
    if state in (State.STOPPED, State.SAVED, State.ERROR):
        raise MachshError(
            f"the VM is {state.value} before its guest has booted{end_of(console)}",
            hint="its log is VBox.log, in the folder Logs of the VM",
        )


def end_of(console: Path) -> str:
    """Return the console's last lines for an error's message; "" if there is no log."""
    lines = last_lines(console)
    return "; its console ends with:\n" + "\n".join(f"    {line}" for line in lines) if lines else ""
