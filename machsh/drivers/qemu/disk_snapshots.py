"""Snapshots inside the machine's disk: by the monitor of a running machine, else by qemu-img."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machsh.deadline import Deadline
from machsh.drivers.capability_calls import HostSnapshot
from machsh.drivers.guest import disk
from machsh.drivers.qemu import qemu_process
from machsh.drivers.qemu.launch_line import DISK, DISK_NODE, FLASH, FLASH_NODE
from machsh.errors import MachshError

_MOST_BYTES = 255
"""The longest tag that QEMU reads back from a disk."""


@dataclass(frozen=True, slots=True)
class DiskSnapshots:
    """The snapshots of one machine. Each call ends by the deadline; raises MachshError."""

    folder: Path
    variables: Mapping[str, str]
    deadline: Deadline

    def listed(self) -> list[HostSnapshot]:
        """Return the snapshots, the oldest first."""
        entries = self._asked() if self._runs else self._read()
        return sorted(
            map(_snapshot, entries), key=lambda one: one.created or datetime.min.replace(tzinfo=UTC)
        )

    def save(self, name: str) -> None:
        """Save the disk, and the memory of a running machine."""
        check_name(name)
        if any(one.name == name for one in self.listed()):
            raise MachshError(f'there is a snapshot "{name}" already', hint="delete it, or take another name")
        if self._runs:
            self._job("snapshot-save", tag=name, vmstate=DISK_NODE, devices=self._nodes)
        else:
            self._on_disks("-c", name)

    def load(self, name: str) -> None:
        """Put a stopped machine's disk back, or a running one with the memory that the snapshot holds."""
        if self._runs:
            self._job("snapshot-load", tag=name, vmstate=DISK_NODE, devices=self._nodes)
        else:
            self._on_disks("-a", name)

    def delete(self, name: str) -> None:
        """Delete a snapshot."""
        if self._runs:
            self._job("snapshot-delete", tag=name, devices=self._nodes)
        else:
            self._on_disks("-d", name)

    def find(self, name: str) -> HostSnapshot:
        """Return the snapshot of this name. Raises MachshError, with the names that there are."""
        found = self.listed()
        for snapshot in found:
            if snapshot.name == name:
                return snapshot
        names = ", ".join(snapshot.name for snapshot in found)
        raise MachshError(
            f'there is no snapshot "{name}"', hint=f"there are: {names}" if names else "there is none yet"
        )

    @property
    def _runs(self) -> bool:
        return bool(qemu_process.pid(self.folder))

    @property
    def _files(self) -> list[Path]:
        return [self.folder / name for name in (DISK, FLASH) if (self.folder / name).exists()]

    @property
    def _nodes(self) -> list[str]:
        return [DISK_NODE, FLASH_NODE] if (self.folder / FLASH).exists() else [DISK_NODE]

    def _on_disks(self, option: str, name: str) -> None:
        for path in self._files:
            disk.run(["snapshot", option, name, str(path)], self.variables, self.deadline.remaining)

    def _job(self, command: str, **arguments: Any) -> None:
        from machsh.drivers.qemu.monitor import Monitor, MonitorRefusedError

        try:
            with Monitor(self.folder / qemu_process.MONITOR, self.deadline) as monitor:
                monitor.job(command, **arguments)
        except MonitorRefusedError as error:
            if error.kind == "CommandNotFound":
                raise MachshError(
                    "this QEMU makes no snapshots of a running machine",
                    hint="stop the machine first, or use QEMU 6.0 or newer",
                ) from error
            raise
        except MachshError as error:
            if "VirtFS" in str(error):
                raise MachshError(
                    "a running machine that has mounted a shared folder cannot be saved or restored",
                    hint="stop the machine first",
                ) from error
            raise

    def _read(self) -> Sequence[Any]:
        if not (self.folder / DISK).exists():
            return []
        found = disk.information(self.folder / DISK, self.variables, self.deadline.remaining)
        return _list(found.get("snapshots"))

    def _asked(self) -> Sequence[Any]:
        from machsh.drivers.qemu.monitor import Monitor

        with Monitor(self.folder / qemu_process.MONITOR, self.deadline) as monitor:
            nodes = _list(monitor.command("query-named-block-nodes"))
        for node in nodes:
            if node.get("node-name") == DISK_NODE:
                return _list(node.get("image", {}).get("snapshots"))
        return []


def check_name(name: str) -> None:
    """Raise MachshError for a name that qemu-img would take for a snapshot's number, or that is too long."""
    if name.isdecimal() or len(name.encode()) > _MOST_BYTES:
        raise MachshError(
            f'"{name[:80]}" cannot be the name of a snapshot',
            hint=f"take a name with a letter in it, of at most {_MOST_BYTES} bytes",
        )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _snapshot(entry: Mapping[str, Any]) -> HostSnapshot:
    return HostSnapshot(
        str(entry.get("name", "")),
        datetime.fromtimestamp(float(entry.get("date-sec", 0)), UTC),
        has_memory=bool(entry.get("vm-state-size")),
    )
