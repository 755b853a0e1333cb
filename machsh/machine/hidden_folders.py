"""Hidden folders beside the machines: a machine appears and disappears whole, in one rename.

Their names begin with a dot, which no program takes for a machine. What a killed process leaves of them is
swept away by the next creation.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# Reading the store loads this module, so what only a change needs is imported there.
from machsh.errors import MachshError
from machsh.files import explain, locked

NEW, GONE = ".new", ".gone"
"""How the names end of folders that are being prepared, and of those that are being deleted."""
LEFT_SECONDS = 60.0
"""A hidden folder that was not touched for so long was left behind."""


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A private folder beside `folder` to prepare it in; deleted at the end unless it was published.

    Raises MachshError when it cannot be made.
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
    """Give the prepared folder its name. A folder in the way gives way when `is_free` says that it is none.

    Raises FileExistsError when the name is taken, OSError when it cannot be renamed.
    """
    from shutil import rmtree

    try:
        _rename(prepared, folder)
    except FileExistsError:
        # One at a time, or the second would clear away what the first has just published.
        with locked(folder.parent / ".lock"):
            if is_free(folder):
                rmtree(folder, ignore_errors=True)
            _rename(prepared, folder)


def _rename(prepared: Path, folder: Path) -> None:
    try:
        os.rename(prepared, folder)  # takes the place of an empty folder, but of nothing else
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder)) from error
        raise


def remove(folder: Path) -> None:
    """Delete a folder; it is out of sight at once. Raises OSError, and what is left gets its name back."""
    from shutil import rmtree

    # Only renamed, nothing is made: on a full disk it works, too.
    gone = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}{GONE}")
    os.rename(folder, gone)
    try:
        rmtree(gone)
    except FileNotFoundError:
        rmtree(gone, ignore_errors=True)  # somebody swept it away at the same time
    except OSError:
        with contextlib.suppress(OSError):
            os.rename(gone, folder)
        raise


def sweep(machines_folder: Path) -> None:
    """Delete what killed processes left here; what is still in use stays."""
    from shutil import rmtree

    with contextlib.suppress(OSError):
        for entry in os.scandir(machines_folder):
            is_ours = entry.name.startswith(".") and entry.name.endswith((NEW, GONE))
            if is_ours and entry.is_dir(follow_symlinks=False) and _is_left(Path(entry.path)):
                rmtree(entry.path, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether nobody has touched it for long, and nobody holds it."""
    if time.time() - folder.stat().st_mtime < LEFT_SECONDS:
        return False
    if folder.suffix == GONE:
        return True
    try:
        with locked(folder / ".lock", 0.0, makes_folder=False):
            return True
    except MachshError:
        return False
