"""Files that are never half-written: atomic replacement, locks, private folders."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

from machsh.deadline import Deadline
from machsh.errors import MachshError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_ELSEWHERE = "name another folder (MACHINE_STORAGE_PATH for machines, MACHSH_CONFIG_HOME for settings)"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def make_private_folder(folder: Path) -> None:
    """Make a folder and its missing parents, all 0700. Raises MachshError with the remedy."""
    try:
        if folder.is_dir():
            return
        for missing in reversed([folder, *folder.parents]):
            if not missing.exists():
                missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise explain(error, folder) from error


def write_atomically(path: Path, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """Replace `path` as a whole or not at all: temporary file beside it, fsync, rename.

    Raises MachshError when the disk is full or the folder is read-only; the old file is then untouched.
    """
    import tempfile

    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode) if hasattr(os, "fchmod") else None
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise explain(error, path) from error


@contextlib.contextmanager
def locked(path: Path, seconds: float = 60.0) -> Iterator[None]:
    """Hold an exclusive lock on the file `path` (made when missing), shared between processes.

    Raises MachshError when another process keeps it longer than `seconds`.
    """
    deadline = Deadline.after(seconds)
    try:
        make_private_folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    except OSError as error:
        raise explain(error, path) from error
    try:
        while fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                deadline.check(
                    f"{path} is locked by another process",
                    hint="another machsh is working on it; wait for it, or look for a hung process",
                )
                time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def explain(error: OSError, path: Path, doing: str = "open") -> MachshError:
    """One message with its remedy for the system's error about `path`; `doing` is Go's word for the call."""
    hints = {
        errno.ENOSPC: "the disk is full: free some space, then run the command again",
        errno.EDQUOT: "your disk quota is used up: free some space, then run the command again",
        errno.EROFS: f"the file system is read-only: {_ELSEWHERE}",
        errno.EACCES: f"you may not write there: check its owner and mode, or {_ELSEWHERE}",
        errno.EPERM: f"you may not write there: check its owner and mode, or {_ELSEWHERE}",
    }
    text = (error.strerror or str(error)).lower()
    return MachshError(f"{doing} {path}: {text}", hint=hints.get(error.errno or 0, ""))
