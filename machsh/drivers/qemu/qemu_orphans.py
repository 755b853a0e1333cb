"""Finds and ends QEMU processes of machines that the store does not have any more.

A machine's folder that was deleted by hand leaves a process without a pid file, which keeps the memory and
the deleted disk. Linux tells it by the files that the process has open.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from machsh.deadline import Deadline, poll
from machsh.drivers.driver import Orphan
from machsh.drivers.qemu import qemu_process
from machsh.drivers.qemu.launch_line import DISK
from machsh.errors import DeadlineError

PROCESS = "process"
_PROGRAM = "qemu-system"
_GONE = " (deleted)"
"""What Linux adds to the name of an open file that was deleted."""
_SIGNALS = ((signal.SIGTERM, 0.7), (signal.SIGKILL, 1.0))


def find(store: Path, known: set[str]) -> list[Orphan]:
    """Return the processes of machines that are not `known`, and those whose disk was deleted."""
    machines = Path(os.path.realpath(store / "machines"))
    found = {pid: name for name, pid in _by_pid_file(machines) if name not in known}
    for pid, name, is_gone in _by_open_disk(machines):
        if is_gone or name not in known:
            found.setdefault(pid, name)
    return [_orphan(pid, name) for pid, name in sorted(found.items())]


def _orphan(pid: int, name: str) -> Orphan:
    since = None
    with suppress(OSError):
        since = datetime.fromtimestamp(Path(f"/proc/{pid}").stat().st_mtime, UTC)
    return Orphan(f"qemu-{pid}", PROCESS, str(pid), name, since)


def _by_pid_file(machines: Path) -> Iterator[tuple[str, int]]:
    with suppress(OSError):
        for folder in machines.iterdir():
            if pid := qemu_process.pid(folder):
                yield folder.name, pid


def _by_open_disk(machines: Path) -> Iterator[tuple[int, str, bool]]:
    """Yield pid, machine's name, and whether its disk was deleted, of this user's processes. Linux only."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if not os.path.basename(os.readlink(process / "exe")).startswith(_PROGRAM):
                continue
            for link in (process / "fd").iterdir():
                opened = os.readlink(link)
                path = Path(opened.removesuffix(_GONE))
                if path.name == DISK and path.parent.parent == machines:
                    yield int(process.name), path.parent.name, opened.endswith(_GONE)
                    break


def remove(orphan: Orphan, store: Path, deadline: Deadline) -> None:
    """End the process, if it is still the machine's. Raises DeadlineError if it does not go."""

    def has_ended() -> bool:
        return not _is_there(store, orphan)

    for number, part in _SIGNALS:
        if has_ended():
            return
        with suppress(ProcessLookupError):
            os.kill(int(orphan.identifier), number)
        if poll(has_ended, Deadline.after(deadline.remaining * part), pause=0.05):
            return
    raise DeadlineError(f"the process {orphan.identifier} of the virtual machine does not end")


def _is_there(store: Path, orphan: Orphan) -> bool:
    known: set[str] = set()
    return any(
        one.identifier == orphan.identifier and one.machine == orphan.machine for one in find(store, known)
    )
