"""Generates key pairs for machines and loads private keys for logging in."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.files import PRIVATE_FILE, write_atomically
from machsh.progress import Prompter
from machsh.ssh import key_file
from machsh.ssh.errors import KeyFileError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from paramiko import PKey

ED25519 = "ed25519"
RSA = "rsa"
RSA_BITS = 3072
DEFAULT_NAMES = ("id_ed25519", "id_ecdsa", "id_rsa")
"""Names of the user's own keys in `~/.ssh`, in the order in which they are tried."""


def make_key_pair(path: Path, *, kind: str = ED25519, comment: str = "machsh") -> str:
    """Make a key pair, write it to `path` and `path.pub`, and return the line in the public file.

    `kind` is `ed25519` or `rsa`. Both files have mode 0600; the private key is in OpenSSH's format without
    passphrase. Raises MachshError for an unknown kind, or if the files cannot be written.
    """
    from cryptography.hazmat.primitives import serialization as form

    key = _generate(kind)
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()
    line = f"{public} {comment}".strip()
    write_atomically(path, private, PRIVATE_FILE)
    write_atomically(key_file.public_path(path), f"{line}\n".encode(), PRIVATE_FILE)
    return line


def _generate(kind: str) -> Ed25519PrivateKey | RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if kind == ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    if kind == RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    raise MachshError(f"unknown kind of ssh key '{kind}'", hint=f"use {ED25519} or {RSA}")


def check_mode(path: Path) -> None:
    """Raise KeyFileError if a key file is missing, unreadable, or accessible to other users, as ssh does.

    On Windows the mode is not checked.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise KeyFileError(
            f"stat {path}: {(error.strerror or str(error)).lower()}", hint="name the private key's file"
        ) from error
    if os.name == "nt":
        return
    if not mode & stat.S_IRUSR:
        raise KeyFileError(f"'{path}' is not readable", hint=f"chmod 600 {path}")
    if mode & 0o077:
        raise KeyFileError(f"permissions {mode:04o} for '{path}' are too open", hint=f"chmod 600 {path}")


def load(path: Path, ask: Prompter) -> PKey:
    """Read a private key and prompt for its passphrase if it is encrypted.

    Raises PassphraseError if the passphrase is wrong, and KeyFileError if the file is not a usable private
    key or is accessible to other users.
    """
    check_mode(path)
    return key_file.load(path, lambda: ask.secret(f"Enter passphrase for key '{path}': ").encode())
