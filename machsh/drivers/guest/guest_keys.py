"""The keys of a new guest: the one that lets us in, and the host's own, known before the first contact."""

from __future__ import annotations

import base64
import binascii
import contextlib
from pathlib import Path

from machsh.drivers.guest.seed import HostKey
from machsh.errors import MachshError
from machsh.files import explain, make_private_folder
from machsh.regular_file import read_text
from machsh.ssh import host_keys
from machsh.ssh.key_file import public_path
from machsh.ssh.keys import make_key_pair
from machsh.ssh.target import Target

USER_KEY = "id_ed25519"
_HOST_KEY = "host_ed25519"


def user_key(folder: Path, comment: str) -> str:
    """Return the public key that a guest lets in; its pair is made once, in the machine's folder."""
    path = folder / USER_KEY
    if path.exists() and public_path(path).exists():
        return _line(public_path(path))
    make_private_folder(folder)
    return make_key_pair(path, comment=comment)


def new_host_key(target: Target, folder: Path) -> HostKey:
    """Make a host key and pin it for the target alone. Only the seed keeps its private half."""
    path = folder / _HOST_KEY
    try:
        public = make_key_pair(path, comment=target.machine)
        private = _line(path) + "\n"
    finally:
        for one in (path, public_path(path)):
            with contextlib.suppress(OSError):
                one.unlink(missing_ok=True)
    kind, _, rest = public.partition(" ")
    host_keys.replace(target, host_keys.Pin((host_keys.name_of(target),), kind, _blob(rest)))
    return HostKey(private, public)


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text.partition(" ")[0], validate=True)
    except binascii.Error as error:
        raise MachshError("the new host key cannot be read") from error


def _line(path: Path) -> str:
    try:
        return read_text(path).strip()
    except OSError as error:
        raise explain(error, path) from error
