"""Decodes Bech32 (BIP 173, without its limit of 90 characters), in which age writes keys."""

from __future__ import annotations

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6
_LONGEST = 200


def decode(text: str) -> tuple[str, bytes]:
    """Return the human-readable part, in lower case, and the bytes. Raises ValueError."""
    if len(text) > _LONGEST or text not in (text.lower(), text.upper()):
        raise ValueError("neither lower nor upper case, or too long")
    prefix, separator, data = text.lower().rpartition("1")
    if not (separator and prefix) or len(data) < _CHECKSUM or not prefix.isascii():
        raise ValueError("no prefix, or no checksum")
    values = [_ALPHABET.index(letter) for letter in data]  # index raises ValueError, too
    if _remainder([*_expanded(prefix), *values]) != 1:
        raise ValueError("the checksum does not fit")
    return prefix, _bytes(values[:-_CHECKSUM])


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _remainder(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                check ^= generator
    return check


def _bytes(values: list[int]) -> bytes:
    """Join groups of five bits; what is left over must be less than five zero bits."""
    number = 0
    for value in values:
        number = number << 5 | value
    spare = len(values) * 5 % 8
    if spare >= 5 or number & ((1 << spare) - 1):
        raise ValueError("bits are left over")
    return (number >> spare).to_bytes(len(values) * 5 // 8, "big")
