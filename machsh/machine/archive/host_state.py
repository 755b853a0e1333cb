"""Restores the disks of hosts that are files, and checks the images on which they are based."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from machsh.drivers.guest.disk import base_of
from machsh.drivers.guest.image_cache import FOLDER
from machsh.errors import MachshError, RefusedError
from machsh.files import explain, make_private_folder
from machsh.machine.archive.archive_writer import MANIFEST, STORE_FILES
from machsh.machine.archive.archived_machine import ArchivedMachine
from machsh.machine.records.store import Store
from machsh.regular_file import open_regular

_READ_ONLY = 0o444
_PIECE = 1 << 20


def check_disks(machine: ArchivedMachine, store: Store) -> None:
    """Raise RefusedError for a disk based on anything but an image of the store: a guest could read it."""
    for path in machine.files.values():
        base = base_of(path)
        if base and not _is_image(base, path, store, machine.name):
            raise RefusedError(
                f'{path.name} of "{machine.name}" is a disk that leads out of the store\'s images',
                hint="nothing was restored; who made this file?",
            )


def _is_image(base: Path, disk: Path, store: Store, name: str) -> bool:
    """Whether the path of a disk's base leads from the machine's folder to an image of the store."""
    above = len(disk.parent.parts)
    if base.parts[:above] != disk.parent.parts or ":" in base.parts[above]:
        return False  # an absolute path, or a protocol of QEMU's
    place = store.machine_folder(name).joinpath(*base.parts[above:])
    return Path(os.path.normpath(place)).is_relative_to(_images(store))


def place_images(tree: Path, store: Store) -> None:
    """Move images of the archive to the same places in the store, where they are missing.

    Raises MachshError if another file is there, or one is no image.
    """
    if not (tree / MANIFEST).exists():
        return
    for path in sorted((tree / STORE_FILES).rglob("*")):
        target = store.folder / path.relative_to(tree / STORE_FILES)
        if path.is_dir():
            continue
        if not target.is_relative_to(_images(store)) or base_of(path):
            raise RefusedError(f"The archive is refused: {path.name} is no image of the store")
        _place(path, target)


def _place(path: Path, target: Path) -> None:
    try:
        if target.exists():
            if _digest(target) != _digest(path):
                raise MachshError(
                    f"{target} is another image than the one in the archive, on which a disk is based",
                    hint="restore into another store: MACHINE_STORAGE_PATH",
                )
            return
        make_private_folder(target.parent)
        path.chmod(_READ_ONLY)
        os.replace(path, target)
    except OSError as error:
        raise explain(error, target) from error


def _images(store: Store) -> Path:
    return store.folder / "cache" / FOLDER


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.digest()
