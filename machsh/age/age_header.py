"""The header of an age file: the version, the stanzas, and a MAC that detects any change to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from machsh.age.age_keys import SCRYPT, Stanza, Unwrapper, from_base64, to_base64
from machsh.age.errors import DamagedFileError, WrongKeyError
from machsh.errors import MachshError

FAMILY = b"age-encryption.org/"
VERSION = FAMILY + b"v1\n"
_COLUMNS = 64
_LONGEST_LINE = 4096
_MOST_LINES = 1024


def header(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """Return the whole header, up to the beginning of the payload."""
    text = VERSION.decode() + "".join(map(_format, stanzas)) + "---"
    return f"{text} {to_base64(_mac(file_key, text.encode()).finalize())}\n".encode()


def read_file_key(file: BinaryIO, keys: Sequence[Unwrapper]) -> bytes:
    """Read a header and return the file's key. Raises WrongKeyError if no key fits, else DamagedFileError."""
    lines = _Lines(file)
    if lines.next() != VERSION:
        raise MachshError(
            "The file is encrypted in a version of age's format that is newer than 1",
            hint="decrypt it with a newer age, or upgrade machsh",
        )
    try:
        stanzas, mac = _stanzas(lines)
        if any(stanza.words[0] == SCRYPT for stanza in stanzas) and len(stanzas) > 1:
            raise ValueError("a passphrase beside other keys")
        found = [key for stanza in stanzas for with_key in keys if (key := with_key.unwrap(stanza))]
    except ValueError as error:
        raise DamagedFileError() from error
    if not found:
        raise WrongKeyError(by_passphrase=any(stanza.words[0] == SCRYPT for stanza in stanzas))
    try:
        _mac(found[0], bytes(lines.covered)).verify(mac)
    except InvalidSignature as error:
        raise DamagedFileError() from error
    return found[0]


class _Lines:
    """Reads the header line by line, and collects in `covered` what the MAC is computed over."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._count = 0
        self.covered = bytearray()

    def next(self, begin: bytes = b"") -> bytes:
        line = self._file.readline(_LONGEST_LINE)
        self._count += 1
        if not line.endswith(b"\n") or self._count > _MOST_LINES or not line.startswith(begin):
            raise DamagedFileError()
        self.covered += line if not line.startswith(b"--- ") else b"---"
        return line


def _stanzas(lines: _Lines) -> tuple[list[Stanza], bytes]:
    """Return the stanzas and the MAC that ends the header. Raises ValueError, DamagedFileError."""
    stanzas: list[Stanza] = []
    while not (line := lines.next()).startswith(b"--- "):
        words = line.decode("ascii")[:-1].split(" ")
        if words[0] != "->" or len(words) < 2 or not all(words):
            raise ValueError("no stanza")
        stanzas.append(Stanza(tuple(words[1:]), _body(lines)))
    if not stanzas:
        raise ValueError("no stanza")
    return stanzas, from_base64(line[4:-1].decode("ascii"))


def _body(lines: _Lines) -> bytes:
    """Read base64 in lines of 64 letters; the first shorter line, which may be empty, is the last."""
    text = ""
    while True:
        part = lines.next().decode("ascii")[:-1]
        text += part
        if len(part) < _COLUMNS:
            return from_base64(text)
        if len(part) > _COLUMNS:
            raise ValueError("a line is too long")


def _format(stanza: Stanza) -> str:
    text = to_base64(stanza.body)
    lines = [text[at : at + _COLUMNS] for at in range(0, len(text) + 1, _COLUMNS)]
    return "-> " + " ".join(stanza.words) + "\n" + "\n".join(lines) + "\n"


def _mac(file_key: bytes, text: bytes) -> hmac.HMAC:
    mac = hmac.HMAC(HKDF(hashes.SHA256(), 32, b"", b"header").derive(file_key), hashes.SHA256())
    mac.update(text)
    return mac
