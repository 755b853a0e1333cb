"""Hidden folders next to the machines' folders, so that a machine appears and disappears in one rename.

Their names begin with a dot, so no program takes them for machines. The next creation deletes those that a
killed process left behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# Every read of the store loads this module, so functions import what only they need.
from machsh.errors import MachshError
from machsh.files import explain, locked

NEW, GONE = ".new", ".gone"
"""Suffixes of folders that are being prepared (NEW) and deleted (GONE)."""
LEFT_SECONDS = 60.0
"""A hidden folder unmodified for this long counts as left behind."""


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Create a private folder in which to prepare `folder`; delete it afterwards unless it was published.

    Raises MachshError if it cannot be created.
    """
    from shutil import rmtree
    from tempfile import mkdtemp

    try:
        prepared = mkdtemp(prefix=f".{folder.name}.", suffix=NEW, dir=folder.parent)
    except OSError as error:
        raise explain(error, folder) from error
    try:
        yield Path(prepared)
    finally:
        rmtree(prepared, ignore_errors=True)


def publish(prepared: Path, folder: Path, *, is_free: Callable[[Path], bool]) -> None:
    """Rename the prepared folder to `folder`, replacing an existing one for which `is_free` returns True.

    Raises FileExistsError if the name is taken, OSError if renaming fails.
    """
    from shutil import rmtree

    try:
        _rename(prepared, folder)
    except FileExistsError:
        # Locked, or a second process would delete what the first has just published.
        with locked(folder.parent / ".lock"):
            if is_free(folder):
                rmtree(folder, ignore_errors=True)
            _rename(prepared, folder)


def _rename(prepared: Path, folder: Path) -> None:
    try:
        os.rename(prepared, folder)  # replaces an empty folder, but nothing else
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder)) from error
        raise


def remove(folder: Path) -> None:
    """Hide a folder, then delete it. Raises OSError; what could not be deleted gets its name back."""
    from shutil import rmtree

    # A rename needs no space: this works on a full disk, too.
    gone = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}{GONE}")
    os.rename(folder, gone)
    try:
        rmtree(gone)
    except FileNotFoundError:
        rmtree(gone, ignore_errors=True)  # another process swept it at the same time
    except OSError:
        with contextlib.suppress(OSError):
            os.rename(gone, folder)
        raise


def sweep(machines_folder: Path) -> None:
    """Delete hidden folders that killed processes left behind; keep those still in use."""
    from shutil import rmtree

    for folder in left_behind(machines_folder):
        rmtree(folder, ignore_errors=True)


def left_behind(machines_folder: Path) -> list[Path]:
    """Return hidden folders that killed processes left behind; those still in use are not among them."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(machines_folder):
            is_ours = entry.name.startswith(".") and entry.name.endswith((NEW, GONE))
            if is_ours and entry.is_dir(follow_symlinks=False) and is_left(Path(entry.path)):
                found.append(Path(entry.path))
    return found


def is_left(folder: Path) -> bool:
    """Whether the folder is unmodified for LEFT_SECONDS and not locked."""
    if time.time() - folder.stat().st_mtime < LEFT_SECONDS:
        return False
    if folder.suffix == GONE or not (folder / ".lock").exists():
        return True
    try:
        with locked(folder / ".lock", 0.0, makes_folder=False):
            return True
    except MachshError:
        return False
