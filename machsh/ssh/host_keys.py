"""Pins each machine's host key at first contact, in a known_hosts file that the system's ssh can read too.

A pin belongs to the machine, not to its address. After the address has changed, the pinned key is accepted
and recorded under the new address; any other key is refused.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import hmac
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from machsh.files import explain, locked, make_private_folder, write_atomically
from machsh.regular_file import read_regular
from machsh.ssh.errors import HostKeyChangedError
from machsh.ssh.target import Target

SSH_PORT = 22
HASHED = "|"
"""Prefix of a host name that ssh has hashed, which cannot be turned back into a name."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One host key in a known_hosts file."""

    names: tuple[str, ...]
    kind: str
    """`ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`."""
    blob: bytes
    """The public key in the ssh wire format."""
    line: int = 0
    """Its line number in the file, from 1; 0 if it is not from a file."""

    @property
    def fingerprint(self) -> str:
        """The fingerprint as ssh shows it: `ED25519 SHA256:...`."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")
        return f"{_short(self.kind)} SHA256:{digest}"


def _short(kind: str) -> str:
    return kind.removeprefix("ssh-").partition("-")[0].upper()


def name_of(target: Target) -> str:
    """Return the host's name in a known_hosts file: `HOST`, or `[HOST]:PORT` if the port is not 22."""
    return target.host if target.port == SSH_PORT else f"[{target.host}]:{target.port}"


def read(path: Path) -> list[Pin]:
    """Read the pins of a file; none if it is missing. Comments, markers and invalid lines are skipped.

    Raises MachshError when the file cannot be read.
    """
    try:
        text = read_regular(path).decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise explain(error, path) from error
    pins = [_parse(line, number) for number, line in enumerate(text.splitlines(), 1)]
    return [pin for pin in pins if pin]


def _parse(text: str, number: int) -> Pin | None:
    words = text.split()
    if len(words) < 3 or words[0].startswith(("#", "@")):
        return None
    try:
        return Pin(tuple(words[0].split(",")), words[1], base64.b64decode(words[2], validate=True), number)
    except binascii.Error:
        return None


def known_to_user(target: Target, home: Path) -> list[Pin]:
    """Return the host's keys from the user's own `~/.ssh/known_hosts`, hashed names included.

    Raises MachshError when the file cannot be read.
    """
    name = name_of(target)
    pins = read(home / ".ssh" / "known_hosts")
    return [
        dataclasses.replace(pin, names=(name,))
        for pin in pins
        if any(_stands_for(one, name) for one in pin.names)
    ]


def _stands_for(written: str, name: str) -> bool:
    """Whether a name in a known_hosts file is this host's; ssh hashes as `|1|SALT|HMAC-SHA1`, in base64."""
    if not written.startswith(HASHED):
        return written == name
    try:
        _, _, salt, digest = written.split("|")
        made = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1)
        return hmac.compare_digest(base64.b64decode(digest), made.digest())
    except ValueError:
        return False


def pinned_kinds(target: Target) -> list[str]:
    """Return the kinds of key pinned for the machine, which the client should prefer."""
    return [pin.kind for pin in read(target.known_hosts)] if target.known_hosts else []


def check(target: Target, kind: str, blob: bytes) -> None:
    """Check the key that the host presents, and pin it at first contact.

    Does nothing for a target without `known_hosts`. Raises HostKeyChangedError if another key is pinned, or
    MachshError if the file cannot be read or written.
    """
    if target.known_hosts is None:
        return
    shown = Pin((name_of(target),), kind, blob)
    pins = read(target.known_hosts)
    same = [pin for pin in pins if pin.blob == blob]
    if any(name_of(target) in pin.names for pin in same):
        return
    if pins and not same:
        raise _changed(target, pins, shown)
    _add(target.known_hosts, target, shown)


def _changed(target: Target, pins: list[Pin], shown: Pin) -> HostKeyChangedError:
    own = [pin for pin in pins if name_of(target) in pin.names] or pins
    lines = ", ".join(str(pin.line) for pin in own)
    place = f"{target.known_hosts}" if len(own) == len(pins) else f"line {lines} of {target.known_hosts}"
    remedy = f"machsh trust {target.machine}" if target.machine else f"remove {place}"
    return HostKeyChangedError(str(target), own[0].fingerprint, shown.fingerprint, remedy)


def _add(path: Path, target: Target, shown: Pin) -> None:
    """Append a pin. Raises HostKeyChangedError if another process has pinned another key meanwhile."""
    make_private_folder(path.parent)
    with _locked(path):
        pins = read(path)
        if pins and all(pin.blob != shown.blob for pin in pins):
            raise _changed(target, pins, shown)
        old = read_regular(path) if path.exists() else b""
        if old and not old.endswith(b"\n"):
            old += b"\n"
        write_atomically(path, old + _line(shown))


def replace(target: Target, *pins: Pin) -> None:
    """Pin these keys and remove all others. Raises MachshError if the file cannot be written."""
    assert target.known_hosts is not None
    make_private_folder(target.known_hosts.parent)
    with _locked(target.known_hosts):
        write_atomically(target.known_hosts, b"".join(_line(pin) for pin in pins))


def _locked(path: Path) -> AbstractContextManager[object]:
    return locked(path.with_name(f".{path.name}.lock"), 10.0)


def _line(pin: Pin) -> bytes:
    return f"{','.join(pin.names)} {pin.kind} {base64.b64encode(pin.blob).decode()}\n".encode()


def alias(target: Target) -> str:
    """Return the HostKeyAlias under which the system's ssh finds the pin; "" if the target's name will do.

    An alias is needed when the machine's address has changed and the new one is not recorded yet.
    """
    pins = read(target.known_hosts) if target.known_hosts else []
    if not pins or any(name_of(target) in pin.names for pin in pins):
        return ""
    return next((name for pin in pins for name in pin.names if not name.startswith(HASHED)), "")
