"""The QEMU process of a machine: started apart from machsh, found again by the lock on its pid file.

QEMU locks its pid file as long as it lives. So nothing has to be remembered, a killed machsh loses no
machine, no other program is ever taken for it, and two of them cannot run on one disk.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from machsh.deadline import Deadline, poll
from machsh.errors import DeadlineError, MachshError
from machsh.files import lock_holder
from machsh.process import child

PID_FILE = "qemu.pid"
MONITOR = "monitor.sock"
"""The monitor for commands, which may take long."""
QUERIES = "queries.sock"
"""The monitor for quick questions, which need not wait for the other one."""
_WORDS = 2000
"""How much of QEMU's own words goes into a message, in characters."""
_LAST_RESORTS = ((signal.SIGTERM, 0.7), (signal.SIGKILL, 1.0))
"""Signal -> the part of the remaining time after which the next one follows."""


class PortTakenError(MachshError):
    """Another program listens on one of the forwarded ports."""


def pid(folder: Path) -> int:
    """Return the pid of the machine's QEMU; 0 if there is none."""
    return lock_holder(folder / PID_FILE)


def spawn(line: Sequence[str], folder: Path, deadline: Deadline) -> None:
    """Start QEMU in the background, in the machine's folder; return once it runs.

    `line` has `-daemonize` and `-pidfile`. Raises PortTakenError, or MachshError with QEMU's own words.
    """
    process = child.start(
        line,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        said = process.communicate(timeout=max(0.1, deadline.remaining))[1]
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise DeadlineError(f"{line[0]} did not start within {deadline.limit}") from error
        raise
    if process.returncode:
        raise _refused(line[0], said.decode("utf-8", "replace"), process.returncode)


def _refused(program: str, said: str, code: int) -> MachshError:
    text = said.strip()[-_WORDS:].replace(f"{program}: ", "")
    if "host forwarding rule" in text:
        return PortTakenError(f"a forwarded port is taken: {text}")
    return MachshError(
        f"QEMU does not start: {text or f'it ended with code {child.exit_code(code)}'}",
        hint=f"is {program} complete, and is this computer's memory enough?",
    )


def end(folder: Path, deadline: Deadline) -> None:
    """End the machine's QEMU by signals, if there is one. Raises DeadlineError if it does not go."""
    for number, part in _LAST_RESORTS:
        found = pid(folder)
        if not found:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(found, number)
        if wait_for_end(folder, Deadline.after(deadline.remaining * part)):
            return
    raise DeadlineError(f"the process {pid(folder)} of the virtual machine does not end")


def wait_for_end(folder: Path, deadline: Deadline) -> bool:
    """Wait until the machine's QEMU has ended; return whether it has."""
    return poll(lambda: not pid(folder), deadline, pause=0.05)
