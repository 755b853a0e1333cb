"""A private key provided by the user: its public half, its fingerprint, and a copy for the machine."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from machsh.errors import MachshError, UsageError
from machsh.files import make_private_folder, write_atomically
from machsh.regular_file import read_regular

USER_KEY = "id_existing"
"""File name of the copy in the machine's folder."""
_MOST_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class UserKey:
    """A private key provided by the user."""

    content: bytes = field(repr=False)
    public: str
    """The public half, one line without a comment."""

    @classmethod
    def read(cls, path: Path, option: str) -> UserKey:
        """Read a private key file. Raises UsageError that names the `option`, such as `hetzner-key-path`."""
        from machsh.ssh.key_file import decrypt

        content = _content(path, option)
        try:
            key = decrypt(content, None)
        except Exception as error:  # paramiko and cryptography raise a dozen kinds here
            raise UsageError(
                f"--{option} {path} is no private ssh key without a passphrase",
                hint="machsh logs in by itself: give a key that needs no passphrase",
            ) from error
        return cls(content, f"{key.get_name()} {key.get_base64()}")

    def copy_to(self, folder: Path) -> str:
        """Write the key into the machine's folder, for its owner only, and return the copy's path."""
        return copy_user_key(self.content, folder)


def read_user_key(path: Path, option: str) -> bytes:
    """Read a private key file, which may have a passphrase. Raises UsageError."""
    content = _content(path, option)
    if b"PRIVATE KEY" not in content:
        raise UsageError(f"--{option} {path} is no private key")
    return content


def _content(path: Path, option: str) -> bytes:
    try:
        return read_regular(path, _MOST_BYTES)
    except OSError as error:
        text = f"--{option} {path}: {error.strerror or error}"
        raise UsageError(text, hint="give the path of a private key") from error


def copy_user_key(content: bytes, folder: Path) -> str:
    """Write a private key into the machine's folder, for its owner only, and return the copy's path."""
    make_private_folder(folder)
    write_atomically(folder / USER_KEY, content)
    return str(folder / USER_KEY)


def key_fingerprint(line: str) -> str:
    """Return a public key's MD5 fingerprint as providers show it. Raises MachshError for an invalid key."""
    words = line.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (ValueError, IndexError) as error:
        raise MachshError(
            f"this is not a public ssh key: {line[:40]}", hint="it begins with ssh-ed25519"
        ) from error
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
