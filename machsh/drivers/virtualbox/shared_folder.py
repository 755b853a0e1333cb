"""The folder of this computer that a VM shares, as docker-machine chose it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.environment import Environment
from machsh.errors import MachshError

SYMLINKS = "VBoxInternal2/SharedFoldersEnableSymlinksCreate"
_DEFAULTS = {"darwin": ("Users", "/Users"), "win32": ("c/Users", "\\\\?\\c:\\Users")}


def absolute_share(text: str, environment: Environment) -> str:
    """Return the user's `FOLDER:NAME` with the folder as an absolute path."""
    folder, colon, name = text.rpartition(":")
    return f"{environment.absolute(folder)}{colon}{name}" if folder else text


@dataclass(frozen=True, slots=True)
class VmShare:
    """A folder, and the name under which the guest mounts it as `/NAME`."""

    name: str
    folder: str


def share_of(record: VirtualBoxRecord, platform: str) -> VmShare | None:
    """Return what is shared; None if nothing is, as where the usual folder is missing.

    Raises MachshError if the user's own folder is missing, or has no name.
    """
    if record.no_share:
        return None
    name, folder = _DEFAULTS.get(platform, ("hosthome", "/home"))
    if record.share_folder:
        folder, found, name = record.share_folder.rpartition(":")
        if not found:
            raise MachshError(
                f"--virtualbox-share-folder {record.share_folder}: the share's name is missing",
                hint="write FOLDER:NAME, as in /srv/data:data",
            )
    if not os.path.exists(folder):
        if not record.share_folder:
            return None
        raise MachshError(
            f"--virtualbox-share-folder: there is no folder {folder}", hint="make it, or name another"
        )
    # VirtualBox has trouble with names that begin with a slash.
    return VmShare(name or folder.lstrip("/"), folder)
