"""Where the local socket of a machine's kept relay (`relay NAME`) is, and whether a relay listens on it.

The path follows from the machine's name and its store alone, so that programs which have no connection to
each other, such as a relay, a docker context and `env`, agree on it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import RefusedError
from machsh.files import check_unshared, explain, make_private_folder

if TYPE_CHECKING:
    from machsh.environment import Environment
    from machsh.machine.machine import Machine

LONGEST = 103
"""The longest path of a socket in bytes: 103 on macOS, 107 on Linux."""
ANSWER_SECONDS = 0.5
PREFIX = "machsh-"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}", re.ASCII)


def path(machine: Machine) -> Path:
    """Return the path of a machine's kept socket, whether anything is there or not."""
    return socket_path(machine.context.environment, machine.context.store.folder, machine.name)


def socket_path(environment: Environment, store_folder: Path, name: str) -> Path:
    """Return `path` for a machine that need not be readable, or no longer exists."""
    files = [f"{label(store_folder, name)}.sock", f"{_digest(store_folder, name)}.sock"]
    *places, last = [folder / file for folder in _folders(environment) for file in files]
    return next((place for place in places if len(os.fsencode(place)) <= LONGEST), last)


def label(store_folder: Path, name: str) -> str:
    """Return a name for files and units of one machine: `NAME-STORE`, where STORE is a digest of the store.

    A machine whose name has other characters than letters, digits, dots and dashes has a digest alone.
    """
    return f"{name}-{_digest(store_folder)}" if _PLAIN.fullmatch(name) else _digest(store_folder, name)


def public_name(store_folder: Path, name: str) -> str:
    """Return the name that docker contexts and ssh have for a machine: `machsh-NAME`.

    The prefix keeps it from hiding a host or a context of the user's. A machine with a name that those
    programs would not take has a digest in place of it.
    """
    return PREFIX + (name if _PLAIN.fullmatch(name) else label(store_folder, name))


def _digest(store_folder: Path, name: str = "") -> str:
    from hashlib import sha256

    text = b"\0".join([os.fsencode(os.path.realpath(store_folder)), os.fsencode(name)])
    return sha256(text).hexdigest()[: 16 if name else 8]


def _folders(environment: Environment) -> list[Path]:
    """Return where the socket can be: the user's runtime folder, the cache, and if both are too long, /tmp.

    A terminal without XDG_RUNTIME_DIR (`su`, cron) has to find the same socket as one with it.
    """
    number = os.geteuid() if hasattr(os, "geteuid") else 0
    runtime = Path(environment.variable("XDG_RUNTIME_DIR") or f"/run/user/{number}")
    own = [runtime / "machsh"] if _is_own_folder(runtime) else []
    return [*own, environment.cache_folder / "relays", Path(f"/tmp/machsh-{number}/relays")]


def _is_own_folder(folder: Path) -> bool:
    """Whether this user owns the folder: XDG_RUNTIME_DIR may still be another user's, after `sudo`."""
    try:
        status = folder.stat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def make_folder(socket: Path) -> None:
    """Make the private folder of a kept socket.

    Raises RefusedError if other users could put a socket of theirs there, MachshError if it cannot be made.
    """
    make_private_folder(socket.parent)
    try:
        check_folder(socket)
    except OSError as error:
        raise explain(error, socket.parent) from error


def check_folder(socket: Path) -> None:
    """Raise RefusedError unless the socket's folder is private to this user, OSError if it does not exist."""
    folder = socket.parent
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise RefusedError(
            f"{folder} is not a folder of yours, so no relay's socket can be there",
            hint="move it away, then run the command again",
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise RefusedError(f"other users can reach {folder}", hint=f"chmod 700 {folder}")
    check_unshared(folder)


def clear(socket: Path) -> None:
    """Remove what a killed relay left of its socket, unless another one listens there. Errors are ignored."""
    if not is_alive(socket):
        with contextlib.suppress(OSError):
            for left in (socket, socket.with_suffix(".lock")):
                left.unlink(missing_ok=True)


def is_alive(socket: Path) -> bool:
    """Whether a relay of this user listens on the socket; False for one that a killed relay left."""
    from socket import AF_UNIX
    from socket import socket as new_socket

    try:
        check_folder(socket)
        socket.lstat()
        with new_socket(AF_UNIX) as probe:
            probe.settimeout(ANSWER_SECONDS)
            probe.connect(str(socket))
    except (OSError, ImportError, RefusedError):  # Windows has no such sockets in Python
        return False
    return True
