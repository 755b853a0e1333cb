"""The keys of age files: each wraps the file key in a stanza of the header, or unwraps it."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from machsh.age.bech32 import decode
from machsh.errors import MachshError, UsageError

FILE_KEY = 16
"""Length of a file's key in bytes."""
SCRYPT, X25519 = "scrypt", "X25519"
WORK = 17
"""scrypt's work factor for new files, as a power of two: 128 MiB of memory and about 0.3 s."""
MOST_WORK = 20
"""The highest work factor accepted when reading: 1 GiB of memory."""
_SALT = 16
_SCRYPT_LABEL = b"age-encryption.org/v1/scrypt"
_X25519_LABEL = b"age-encryption.org/v1/X25519"
_NONCE = bytes(12)
"""Each wrapping key is used once, so its nonce may be fixed."""


@dataclass(frozen=True, slots=True)
class Stanza:
    """One entry of a header: the file key, wrapped for one recipient."""

    words: tuple[str, ...]
    """The type, then its arguments."""
    body: bytes


class Wrapper(Protocol):
    """Encrypts: a passphrase or a recipient's public key."""

    def wrap(self, file_key: bytes) -> Stanza:
        """Return the stanza from which only this key's owner gets `file_key`."""


class Unwrapper(Protocol):
    """Decrypts: a passphrase or a private key."""

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the file's key; None if the stanza is not for this key. Raises MachshError."""


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase, stretched by scrypt."""

    text: str
    work: int = WORK

    def wrap(self, file_key: bytes) -> Stanza:
        """Return a stanza with a new salt."""
        salt = secrets.token_bytes(_SALT)
        body = _seal(self._key(salt, self.work), file_key)
        return Stanza((SCRYPT, to_base64(salt), str(self.work)), body)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the file's key; None for another kind of stanza or a wrong passphrase."""
        if stanza.words[0] != SCRYPT:
            return None
        if len(stanza.words) != 3 or not stanza.words[2].isdecimal():
            raise ValueError("a malformed stanza")
        salt, work = from_base64(stanza.words[1]), int(stanza.words[2][:4])
        if len(salt) != _SALT or not 0 < work <= MOST_WORK:
            raise MachshError(
                f"The passphrase needs 2^{work} steps of scrypt; 2^{MOST_WORK} are accepted at most",
                hint="decrypt it with age, then restore what that wrote",
            )
        return _open(self._key(salt, work), stanza.body)

    def _key(self, salt: bytes, work: int) -> bytes:
        derived = Scrypt(salt=_SCRYPT_LABEL + salt, length=32, n=1 << work, r=8, p=1)
        return derived.derive(self.text.encode())


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody's public key, `age1...`."""

    public: bytes

    @classmethod
    def of_text(cls, text: str) -> Recipient:
        """Read `age1...`. Raises UsageError."""
        try:
            prefix, public = decode(text.strip())
        except ValueError as error:
            raise _no_recipient(text, str(error)) from error
        if prefix != "age" or len(public) != 32:
            raise _no_recipient(text, "of another kind")
        return cls(public)

    def wrap(self, file_key: bytes) -> Stanza:
        """Return a stanza with a new ephemeral key."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        try:
            shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(self.public))
        except ValueError as error:  # a point of small order
            raise UsageError("that recipient's key is no key") from error
        body = _seal(_derive(shared, share + self.public), file_key)
        return Stanza((X25519, to_base64(share)), body)


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key, `AGE-SECRET-KEY-1...`."""

    private: X25519PrivateKey

    @classmethod
    def of_text(cls, text: str) -> Identity:
        """Read `AGE-SECRET-KEY-1...`. Raises ValueError."""
        prefix, private = decode(text.strip())
        if prefix != "age-secret-key-" or len(private) != 32:
            raise ValueError("of another kind")
        return cls(X25519PrivateKey.from_private_bytes(private))

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the file's key; None if the stanza is for another key."""
        if stanza.words[0] != X25519:
            return None
        share = from_base64(stanza.words[1]) if len(stanza.words) == 2 else b""
        if len(share) != 32:
            raise ValueError("a malformed stanza")
        shared = self.private.exchange(X25519PublicKey.from_public_bytes(share))  # ValueError if all zeros
        return _open(_derive(shared, share + self.private.public_key().public_bytes_raw()), stanza.body)


def to_base64(content: bytes) -> str:
    """Encode without padding, as age does."""
    return base64.b64encode(content).decode().rstrip("=")


def from_base64(text: str) -> bytes:
    """Decode what `to_base64` writes, and nothing else. Raises ValueError."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if to_base64(content) != text:
        raise ValueError("no canonical base64")
    return content


def _derive(shared: bytes, salt: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, _X25519_LABEL).derive(shared)


def _seal(key: bytes, content: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(_NONCE, content, None)


def _open(key: bytes, body: bytes) -> bytes | None:
    if len(body) != FILE_KEY + 16:
        raise ValueError("a malformed stanza")
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE, body, None)
    except InvalidTag:
        return None


def _no_recipient(text: str, why: str) -> UsageError:
    return UsageError(
        f"{text[:80]!r} is no age recipient: {why}", hint="it begins with age1; age-keygen prints it"
    )
