"""The payload of an age file: chunks of 64 KiB, each encrypted with its number and whether it is the last.

A chunk that was changed, dropped, moved or cut off is therefore detected when it is read.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from machsh.age.age_header import header, read_file_key
from machsh.age.age_keys import FILE_KEY, Unwrapper, Wrapper
from machsh.age.errors import DamagedFileError

CHUNK = 64 << 10
_TAG = 16
_NONCE = 16


class EncryptingWriter(io.RawIOBase):
    """Encrypts what is written to it into a binary file, which stays open. Only `finish` ends the payload."""

    def __init__(self, file: BinaryIO, keys: Sequence[Wrapper]) -> None:
        super().__init__()
        file_key, nonce = secrets.token_bytes(FILE_KEY), secrets.token_bytes(_NONCE)
        file.write(header([key.wrap(file_key) for key in keys], file_key) + nonce)
        self._file = file
        self._chunks = _Chunks(file_key, nonce)
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        """Encrypt all of `content`. Raises OSError."""
        self._waiting += content
        while len(self._waiting) > CHUNK:  # a full chunk waits, because it may be the last
            self._file.write(self._chunks.seal(bytes(self._waiting[:CHUNK]), is_last=False))
            del self._waiting[:CHUNK]
        return len(content)

    def finish(self) -> None:
        """Write the last chunk, without which the file counts as cut. Raises OSError."""
        self._file.write(self._chunks.seal(bytes(self._waiting), is_last=True))
        self._waiting.clear()


class DecryptingReader(io.RawIOBase):
    """Decrypts a file. Reading raises DamagedFileError as soon as something does not fit."""

    def __init__(self, file: BinaryIO, keys: Sequence[Unwrapper]) -> None:
        """Read the header. Raises WrongKeyError, DamagedFileError, MachshError for a newer version."""
        super().__init__()
        file_key = read_file_key(file, keys)
        nonce = file.read(_NONCE)
        if len(nonce) < _NONCE:
            raise DamagedFileError()
        self._file = file
        self._chunks = _Chunks(file_key, nonce)
        self._next = file.read(CHUNK + _TAG)
        self._plain = b""
        self._is_over = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill the buffer with what has been authenticated; 0 at the end."""
        if not self._plain and not self._is_over:
            self._plain = self._decrypted()
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _decrypted(self) -> bytes:
        sealed, self._next = self._next, self._file.read(CHUNK + _TAG)
        self._is_over = not self._next
        is_first = self._chunks.count == 0
        plain = self._chunks.unseal(sealed, is_last=self._is_over)
        if not plain and not is_first:
            raise DamagedFileError()
        return plain


class _Chunks:
    """Seals or opens chunks in order."""

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        key = HKDF(hashes.SHA256(), 32, nonce, b"payload").derive(file_key)
        self._cipher = ChaCha20Poly1305(key)
        self.count = 0

    def seal(self, plain: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(is_last), plain, None)

    def unseal(self, sealed: bytes, *, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(is_last), sealed, None)
        except InvalidTag as error:
            raise DamagedFileError() from error

    def _nonce(self, is_last: bool) -> bytes:
        number = self.count
        self.count += 1
        return number.to_bytes(11, "big") + bytes([is_last])
