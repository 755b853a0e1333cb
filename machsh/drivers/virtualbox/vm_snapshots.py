"""Snapshots of a VM."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from machsh.drivers.capability_calls import HostSnapshot
from machsh.drivers.driver import State
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VirtualBoxError, VmInfo
from machsh.drivers.virtualbox.hypervisors.vbox_output import machine_values
from machsh.errors import MachshError

_NAME = re.compile(r"SnapshotName([-\d]*)")
_NOTE = re.compile(r"machsh (?P<time>\S+)(?P<memory> with memory)?")
_NONE = "does not have any snapshots"


@dataclass(slots=True)
class VmSnapshots:
    """The snapshots of one VM, by name or UUID. Their descriptions say when, and whether with memory."""

    box: Hypervisor
    vm: str
    now: float
    """The time, in seconds since the epoch."""

    def list(self) -> list[HostSnapshot]:
        """Return the snapshots, the oldest first. Raises MachshError."""
        try:
            text = self.box.run("snapshot", self.vm, "list", "--machinereadable")
        except VirtualBoxError as error:
            # Older versions say so on standard output, and end with 1.
            if _NONE in error.stderr or not error.stderr.strip():
                return []
            raise
        values = machine_values(text)
        numbers = [found[1] for key in values if (found := _NAME.fullmatch(key))]
        return [_snapshot(values, number) for number in numbers]

    def save(self, name: str, info: VmInfo) -> None:
        """Save a snapshot; of a running VM with its memory."""
        has_memory = info.state in (State.RUNNING, State.PAUSED, State.SAVED)
        time = datetime.fromtimestamp(self.now, UTC).isoformat(timespec="seconds")
        note = f"machsh {time}{' with memory' if has_memory else ''}"
        self.box.run("snapshot", self.vm, "take", name, "--description", note)

    def restore(self, name: str) -> None:
        """Restore a snapshot; the VM must not run."""
        self.box.run("snapshot", self.vm, "restore", name)

    def delete(self, name: str) -> None:
        """Delete a snapshot: its disks are merged, which may take long."""
        self.box.run("snapshot", self.vm, "delete", name)

    def check(self, name: str) -> None:
        """Raise MachshError if there is no such snapshot."""
        names = [one.name for one in self.list()]
        if name not in names:
            known = ", ".join(names) or "none"
            raise MachshError(f'There is no snapshot "{name}"', hint=f"its snapshots: {known}")


def _snapshot(values: dict[str, str], number: str) -> HostSnapshot:
    note = _NOTE.match(values.get(f"SnapshotDescription{number}", ""))
    return HostSnapshot(
        values[f"SnapshotName{number}"],
        _time(note["time"]) if note else None,
        has_memory=bool(note and note["memory"]),
        is_current=values.get("CurrentSnapshotNode") == f"SnapshotName{number}",
    )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
