"""The calls of a driver that are made only if it declares the capability for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.drivers.host_size import HostSize

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class HostSnapshot:
    """A saved state of a host, to which `restore_snapshot` returns."""

    name: str
    created: datetime | None = None
    """When it was saved, with a time zone; None if the driver cannot tell."""
    has_memory: bool = False
    """Whether it holds the memory of a running host, which then goes on where it was."""
    is_current: bool = False
    """Whether it is the last one that was saved or restored."""


class CapabilityCalls:
    """The part of `Driver` that a driver implements for the capabilities that it declares."""

    def check_rename(self, name: str) -> None:
        """Check without side effects whether the machine can be named `name`. Raises MachshError with a hint.

        Called only if the driver has RENAMES.
        """
        return

    def rename_host(self) -> None:
        """Give the host the machine's name, which has changed, as far as a host of this driver has one.

        Folder and record have the new name by now, and paths in the record are the new ones. Before this
        call, and if it fails, the host must be found all the same; a second call changes nothing. Called only
        if the driver has RENAMES.
        """
        raise NotImplementedError

    def size(self) -> HostSize:
        """Return the host's CPUs and memory as the record has them. Called only if the driver has RESIZES."""
        raise NotImplementedError

    def check_size(self, size: HostSize) -> None:
        """Check without side effects whether the host can get this size now, both values being given.

        Raises UsageError for values that no host can have, and MachshError if it must be stopped before.
        Called only if the driver has RESIZES.
        """
        raise NotImplementedError

    def resize(self, size: HostSize) -> None:
        """Give the host this size, which `check_size` has accepted. Called only if the driver has RESIZES."""
        raise NotImplementedError

    def replace_image(self, image: str) -> None:
        """Replace the boot image by the newest one of a system; `image` is its provisioner's name.

        The machine is stopped. Called only if the driver has REPLACES_IMAGE.
        """
        raise NotImplementedError

    def console_log(self) -> Path:
        """Return the file with the output of the host's serial console, which may still grow.

        Raises MachshError if there is none yet. Called only if the driver has CONSOLE.
        """
        raise NotImplementedError

    def host_files(self) -> list[Path]:
        """Return the files that are the host: disks, and the images of the store to which they refer.

        Copied to the same places below another store, they are the same host there. Raises RefusedError if
        the host is not off. Called only if the driver has HOST_FILES.
        """
        raise NotImplementedError

    def snapshots(self) -> list[HostSnapshot]:
        """Return the host's snapshots, the oldest first. Called only if the driver has SNAPSHOTS."""
        raise NotImplementedError

    def save_snapshot(self, name: str) -> None:
        """Save the disks, and of a running host the memory, too; the host goes on as before.

        The name is new, and fits `validators.NAME`. Called only if the driver has SNAPSHOTS.
        """
        raise NotImplementedError

    def restore_snapshot(self, name: str) -> None:
        """Put the host back to a snapshot. What came after it on the host is lost; other snapshots stay.

        A host that was running runs afterwards: from the saved memory, else booted from the saved disks.
        A stopped one is stopped afterwards, or saved. Raises MachshError if there is no such snapshot; the
        host is then left alone. Called only if the driver has SNAPSHOTS.
        """
        raise NotImplementedError

    def delete_snapshot(self, name: str) -> None:
        """Delete a snapshot; the host's state stays as it is. Raises MachshError if there is no such one.

        Called only if the driver has SNAPSHOTS.
        """
        raise NotImplementedError
