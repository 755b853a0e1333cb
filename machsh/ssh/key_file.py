"""Reads private key files: checks the format, extracts the public key without a passphrase, decrypts."""

from __future__ import annotations

import base64
import binascii
import errno
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.regular_file import read_regular
from machsh.ssh.errors import KeyFileError, PassphraseError

if TYPE_CHECKING:
    from paramiko import PKey

LARGEST = 1 << 20
"""Size limit of a key file in bytes; an RSA key of 16,384 bits takes 13,000."""

_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_OPENSSH_MAGIC = b"openssh-key-v1\0"
_PUTTY = b"PuTTY-User-Key-File-"
_SSH_COM = b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY"
_PUBLIC = (
    b"ssh-",
    b"ecdsa-",
    b"sk-ssh-",
    b"sk-ecdsa-",
    b"---- BEGIN SSH2 PUBLIC KEY",
    b"-----BEGIN PUBLIC KEY",
)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What can be read from a private key file without its passphrase."""

    is_encrypted: bool
    public: bytes
    """The public key in the ssh wire format; b"" if neither the file nor its `.pub` file contains it."""


def public_path(path: Path) -> Path:
    """Return the path of a private key's public key file: the same name with `.pub` at its end."""
    return path.with_name(f"{path.name}.pub")


def inspect(path: Path) -> KeyFile:
    """Inspect a key file without its passphrase. Raises KeyFileError if it is not a usable private key."""
    content = _read(path)
    _refuse_other_formats(path, content)
    return KeyFile(_is_encrypted(path, content), _public_in(content) or _public_beside(path))


def load(path: Path, passphrase: Callable[[], bytes]) -> PKey:
    """Read a private key; call `passphrase` only if it is encrypted.

    Raises KeyFileError if the file is not a usable private key, PassphraseError if the passphrase is wrong.
    """
    is_encrypted, content = inspect(path).is_encrypted, _read(path)
    given = passphrase() if is_encrypted else None
    try:
        return decrypt(content, given)
    except Exception as error:
        raise PassphraseError(path) from error


def _read(path: Path) -> bytes:
    try:
        content = read_regular(path, LARGEST)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not content.strip():
        raise KeyFileError(f"'{path}' is empty", hint="name the private key's file")
    return content


def _unreadable(path: Path, error: OSError) -> KeyFileError:
    if error.errno == errno.EISDIR:
        return KeyFileError(
            f"'{path}' is a folder, not a private key",
            hint=f"name the key's file, for example {path / 'id_ed25519'}",
        )
    if error.errno == errno.EACCES:
        return KeyFileError(f"'{path}' is not readable", hint=f"chmod 600 {shlex.quote(str(path))}")
    reason = (error.strerror or str(error)).lower()
    return KeyFileError(f"stat {path}: {reason}", hint="name the private key's file")


def _refuse_other_formats(path: Path, content: bytes) -> None:
    quoted, start = shlex.quote(str(path)), content.lstrip()
    if start.startswith(_PUTTY):
        raise KeyFileError(
            f"'{path}' is a key in PuTTY's format",
            hint=f"convert it: puttygen {quoted} -O private-openssh -o {shlex.quote(path.stem)}",
        )
    if start.startswith(_SSH_COM):
        raise KeyFileError(
            f"'{path}' is a key in the format of ssh.com", hint=f"convert it: ssh-keygen -i -f {quoted}"
        )
    if start.startswith(_PUBLIC):
        private = path.with_suffix("") if path.suffix == ".pub" else None
        is_there = private is not None and private.is_file()
        raise KeyFileError(
            f"'{path}' is a public key; ssh logs in with the private one",
            hint=f"give {private}" if is_there else "the private key's file has no .pub at its end",
        )


def _is_encrypted(path: Path, content: bytes) -> bool:
    try:
        decrypt(content, None)
    except TypeError:  # "Password was not given but private key is encrypted"
        return True
    except Exception as error:  # paramiko and cryptography raise a dozen kinds here
        raise KeyFileError(
            f"'{path}' holds no private key that ssh can use",
            hint="use an ed25519, ecdsa or rsa private key, as ssh-keygen makes it",
        ) from error
    return False


def decrypt(content: bytes, passphrase: bytes | None) -> PKey:
    """Parse the content of a private key file in OpenSSH's, PEM or PKCS #8 format.

    Raises TypeError if a passphrase is missing, ValueError for an unsupported kind of key, and many other
    errors of paramiko and cryptography if the passphrase is wrong or the content is no private key.
    """
    from io import StringIO

    import paramiko
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    loads = form.load_ssh_private_key if _OPENSSH in content else form.load_pem_private_key
    key = loads(content, password=passphrase)
    kinds: tuple[tuple[type, type[paramiko.PKey]], ...] = (
        (ed25519.Ed25519PrivateKey, paramiko.Ed25519Key),
        (ec.EllipticCurvePrivateKey, paramiko.ECDSAKey),
        (rsa.RSAPrivateKey, paramiko.RSAKey),
    )
    for kind, paramikos in kinds:
        if isinstance(key, kind):
            # paramiko does not read every format, so convert the key to OpenSSH's.
            plain = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
            return paramikos.from_private_key(StringIO(plain.decode()))
    raise ValueError(f"a key of another kind: {type(key).__name__}")


def _public_in(content: bytes) -> bytes:
    """Return the public key from OpenSSH's format, which stores it unencrypted; b"" for other formats.

    It follows three strings (cipher, key derivation function and its options) and the number of keys.
    """
    if _OPENSSH not in content:
        return b""
    body = b"".join(line for line in content.split(_OPENSSH)[1].splitlines() if not line.startswith(b"-----"))
    try:
        rest = base64.b64decode(body)
        if not rest.startswith(_OPENSSH_MAGIC):
            return b""
        rest = rest[len(_OPENSSH_MAGIC) :]
        for _ in range(3):
            _, rest = _string(rest)
        return _string(rest[4:])[0]
    except (binascii.Error, ValueError):
        return b""


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Split off the first length-prefixed string; return it and the rest. Raises ValueError."""
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 + length:
        raise ValueError("cut off")
    return data[4 : 4 + length], data[4 + length :]


def _public_beside(path: Path) -> bytes:
    try:
        return base64.b64decode(read_regular(public_path(path), LARGEST).split()[1], validate=True)
    except (OSError, ValueError, IndexError):
        return b""
