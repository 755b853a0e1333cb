"""Writing files safely: atomic replacement, locks and private folders."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from machsh.deadline import Deadline, wait_until
from machsh.errors import MachshError, RefusedError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_ELSEWHERE = (
    "name another folder (MACHINE_STORAGE_PATH for machines, MACHSH_CONFIG_HOME for settings, "
    "MACHSH_CACHE_HOME for the cache and relays, DOCKER_CONFIG for docker's contexts)"
)
_UNFINISHED = ".machsh-unfinished"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_ROOT_GROUPS = frozenset({80} if sys.platform == "darwin" else ())
"""Numbers of groups whose members can become root: on macOS the administrators'."""


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents, all with mode 0700. Raises MachshError."""
    try:
        if folder.is_dir():
            return
        for missing in reversed([folder, *folder.parents]):
            if not missing.exists():
                missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise explain(error, folder) from error


def write_atomically(path: Path, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """Replace `path` atomically: write a temporary file beside it, fsync, rename.

    Raises MachshError when that fails, for example on a full disk; the old file is then unchanged.
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
def new_private_file(path: Path, *, may_replace: bool = False) -> Iterator[BinaryIO]:
    """Yield a file to write, which only its owner may read, and which appears as `path` when the block ends.

    If the block raises, nothing appears, and a file that `may_replace` allows to replace stays. What killed
    processes left of such files in the folder is removed first. Raises RefusedError if the path is taken,
    MachshError if it cannot be written, for example on a full disk.
    """
    if os.path.lexists(path) and not may_replace:
        raise RefusedError(f"{path} exists already", hint="name another file")
    path = Path(os.path.realpath(path))  # a link stays, and leads to the new file
    try:
        _check_replaceable(path)
        _remove_abandoned(path.parent)
        handle, temporary = _create_unfinished(path)
    except OSError as error:
        raise explain(error, path) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise explain(error, path, "write") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _check_replaceable(path: Path) -> None:
    """Raise OSError for what a rename would destroy: root would make `/dev/null` a file for everybody.

    Users name these files; those that `write_atomically` replaces have names of ours.
    """
    with contextlib.suppress(FileNotFoundError):
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            raise OSError(errno.EINVAL, "not a regular file", str(path))


def _create_unfinished(path: Path) -> tuple[int, str]:
    """Create an unfinished file beside `path`; it is locked as long as it is open. Raises OSError."""
    import tempfile

    while True:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_UNFINISHED, dir=path.parent)
        lock = Lock(Path(temporary), handle)
        if lock.try_to_take() and lock.is_in_place:  # else another process took it for an abandoned one
            return handle, temporary
        lock.close()


def _remove_abandoned(folder: Path) -> None:
    """Remove unfinished files in a folder that no process has open. Some may be as large as disks."""
    if fcntl is None:  # nothing tells whether somebody writes to them
        return
    for path in folder.glob(f".*{_UNFINISHED}"):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            lock = Lock(path, handle)
            try:
                if stat.S_ISREG(os.fstat(handle).st_mode) and lock.try_to_take() and lock.is_in_place:
                    path.unlink()
            finally:
                lock.close()


class Lock:
    """An exclusive lock on an open file, held from a successful `try_to_take` until `close`."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    @property
    def is_in_place(self) -> bool:
        """Whether `path` is still the locked file; False if it was removed or replaced."""
        try:
            return os.path.samestat(os.fstat(self._handle), os.stat(self.path))
        except OSError:
            return False

    def moved_to(self, path: Path) -> None:
        """Record that the locked file was renamed to `path`."""
        self.path = path

    def try_to_take(self) -> bool:
        """Try to take the lock without waiting; return whether it is now held. Always true on Windows."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Release the lock and close the file."""
        os.close(self._handle)


@contextlib.contextmanager
def locked(path: Path, seconds: float = 60.0, *, makes_folder: bool = True) -> Iterator[Lock]:
    """Hold an exclusive lock between processes on the file `path`, creating the file if missing.

    If the file was removed or replaced while waiting, the lock is taken on the new file. Raises DeadlineError
    when another process holds it longer than `seconds`, and MachshError when the file cannot be opened, for
    example because the folder is missing and `makes_folder` is false.
    """
    deadline = Deadline.after(seconds)
    if makes_folder:
        make_private_folder(path.parent)
    while True:
        lock = _opened(path)
        try:
            _wait_for(lock, deadline)
            if lock.is_in_place or fcntl is None:
                yield lock
                return
        finally:
            lock.close()


def _opened(path: Path) -> Lock:
    try:
        return Lock(path, os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    except OSError as error:
        raise explain(error, path) from error


def _wait_for(lock: Lock, deadline: Deadline) -> None:
    wait_until(
        lock.try_to_take,
        deadline,
        f"{lock.path} is locked by another process",
        pause=0.02,
        hint="another machsh is working on it; wait for it, or look for a hung process",
    )


def lock_holder(path: Path) -> int:
    """Return the pid of the process that holds a POSIX record lock on a file; 0 if none does.

    For programs that lock their pid file as long as they live: the answer is never another program's pid, as
    the number in the file may be. 0 also where the system has no such locks.
    """
    if fcntl is None:
        return 0
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return 0
    form, place = ("qqihh", 2) if sys.platform == "darwin" else ("hhqqi", 4)
    asked = [0] * 5
    asked[form.index("h")] = fcntl.F_WRLCK
    try:
        found = struct.unpack(form, fcntl.fcntl(handle, fcntl.F_GETLK, struct.pack(form, *asked)))
    except OSError:
        return 0
    finally:
        os.close(handle)
    return 0 if found[form.index("h")] == fcntl.F_UNLCK else int(found[place])


def check_writable(folder: Path) -> None:
    """Raise MachshError, with the system's error text, if the folder's entries cannot be changed."""
    if os.access(folder, os.W_OK | os.X_OK):
        return
    number = errno.EACCES
    with contextlib.suppress(OSError, AttributeError):  # Windows has no statvfs
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            number = errno.EROFS
    raise explain(OSError(number, os.strerror(number)), folder)


def check_unshared(path: Path) -> None:
    """Raise RefusedError if other users than this one and root can change a file, or replace it.

    For what is run as code. Looks, as ssh does for keys, at the file, its folder and all folders above, also
    where a link leads. Says nothing on Windows, where modes mean little. Raises OSError if it does not exist.
    """
    if not hasattr(os, "geteuid"):
        return
    path = path.absolute()
    real = path.resolve()
    for place in dict.fromkeys((path.parent, real.parent, path)):
        _check_own(place, place.stat())
    for place in dict.fromkeys((*path.parents[1:], *real.parents[1:])):
        _check_own(place, place.stat(), is_above=True)


def _check_own(place: Path, status: os.stat_result, *, is_above: bool = False) -> None:
    """Check one file or folder. In a sticky folder such as /tmp nobody can rename what is another's."""
    if status.st_uid not in (0, os.geteuid()):
        raise RefusedError(f"{place} belongs to another user, who can change it", hint="make your own copy")
    is_sticky = is_above and status.st_mode & stat.S_ISVTX
    by_group = status.st_mode & stat.S_IWGRP and not _is_harmless_group(status)
    if (status.st_mode & stat.S_IWOTH or by_group) and not is_sticky:
        raise RefusedError(f"other users can write to {place}", hint=f"chmod go-w {place}")


def _is_harmless_group(status: os.stat_result) -> bool:
    """Whether nobody belongs to a file's group but those who may change the file anyway.

    Distributions make a group for each user, and Debian gives /usr/local/bin to a group without members. On
    macOS the administrators' group, whose members can become root, owns what Homebrew installs.
    """
    if status.st_gid in _ROOT_GROUPS:
        return True
    try:
        import grp
        import pwd

        trusted = {"root", pwd.getpwuid(status.st_uid).pw_name}
        members = set(grp.getgrgid(status.st_gid).gr_mem)
    except (ImportError, KeyError):
        return False
    members.update(user.pw_name for user in pwd.getpwall() if user.pw_gid == status.st_gid)
    return members <= trusted


def expected(error: OSError) -> Exception:
    """Turn an uncaught OSError into a MachshError if it names a file, which is no bug; else return it."""
    return error if error.filename is None else explain(error, Path(os.fsdecode(error.filename)))


def explain(error: OSError, path: Path, doing: str = "open") -> MachshError:
    """Return a MachshError, with a hint, for a system error about `path`.

    `doing` is the operation that Go names in its message: `open`, `rename`, ...
    """
    hints = {
        errno.ENOSPC: "the disk is full: free some space, then run the command again",
        errno.EDQUOT: "your disk quota is used up: free some space, then run the command again",
        errno.EROFS: f"the file system is read-only: {_ELSEWHERE}",
        errno.EACCES: f"you may not write there: check its owner and mode, or {_ELSEWHERE}",
        errno.EPERM: f"you may not write there: check its owner and mode, or {_ELSEWHERE}",
        errno.ENAMETOOLONG: "no file system takes such a long name: choose a shorter one",
        errno.ENOTDIR: f"a part of that path is a file, not a folder: move it away, or {_ELSEWHERE}",
        errno.ELOOP: "the symbolic links of that path lead in a circle: remove them",
    }
    text = error.strerror or str(error)
    text = text[:1].lower() + text[1:]
    return MachshError(f"{doing} {path}: {text}", hint=hints.get(error.errno or 0, ""))
