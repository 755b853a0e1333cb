"""The keys of a machine's guest, all made on this computer before the guest boots.

As the guest gets its host key from its seed, the key can be pinned beforehand: already the first contact is
checked, and nobody on the way can pretend to be the new machine.
"""

from __future__ import annotations

import base64
from pathlib import Path

from machsh.drivers.guest.seed import HostKey
from machsh.errors import MachshError
from machsh.files import explain, make_private_folder
from machsh.regular_file import read_text
from machsh.ssh import host_keys
from machsh.ssh.target import Target

LOGIN_KEY = "id_ed25519"
HOST_KEY = "ssh_host_ed25519_key"
"""Names of the private keys in the machine's folder; the public ones end in `.pub`."""
_MOST_BYTES = 64 << 10


def login_key(folder: Path, name: str) -> str:
    """Return the public key for logging in, one line; the pair is made once. Raises MachshError."""
    return _pair(folder / LOGIN_KEY, name)[1]


def host_key(folder: Path, name: str) -> HostKey:
    """Return the guest's host key; the pair is made once. Raises MachshError."""
    return HostKey(*_pair(folder / HOST_KEY, f"root@{name}"))


def pin(key: HostKey, target: Target) -> None:
    """Record the host key as the machine's only one, before the first contact. Raises MachshError."""
    kind, blob, *_ = key.public.split()
    host_keys.replace(target, host_keys.Pin((host_keys.name_of(target),), kind, base64.b64decode(blob)))


def _pair(path: Path, comment: str) -> tuple[str, str]:
    public = path.with_name(f"{path.name}.pub")
    if not (path.exists() and public.exists()):
        from machsh.ssh.keys import make_key_pair  # late: only a creation makes keys

        make_private_folder(path.parent)
        make_key_pair(path, comment=comment)
    texts = []
    for one in (path, public):
        try:
            texts.append(read_text(one, _MOST_BYTES))
        except OSError as error:
            raise explain(error, one) from error
    private, line = texts
    if len(line.split()) < 2:
        raise MachshError(f"{public} is not a public key", hint=f"remove {path} and {public.name}")
    return private, line.strip()
