"""Reads when a certificate ends, without cryptography: `ls` and the shell look at every machine's.

cryptography takes 60 ms to import; the two dates are at a fixed place of a certificate (RFC 5280, 4.1).
"""

from __future__ import annotations

import binascii

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def end_of(pem: bytes) -> float:
    """Return when the first certificate in a PEM file ends, in seconds since the epoch.

    Raises ValueError if there is none, or if it cannot be read.
    """
    _, begin, rest = pem.partition(_BEGIN)
    body, end, _ = rest.partition(_END)
    if not (begin and end):
        raise ValueError("no certificate")
    der = binascii.a2b_base64(body)
    start = _sequence(der, _sequence(der, 0))
    if der[start : start + 1] == bytes([_VERSION]):
        start = _after(der, start)
    for _ in ("serial number", "signature algorithm", "issuer"):
        start = _after(der, start)
    start = _sequence(der, start)
    return _time(der, _after(der, start))


def _header(der: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, start and end of the element at `at`."""
    try:
        tag, length = der[at], der[at + 1]
    except IndexError as error:
        raise ValueError("the certificate is cut") from error
    start = at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(der[start : start + count], "big")
        start += count
    if start + length > len(der):
        raise ValueError("the certificate is cut")
    return tag, start, start + length


def _sequence(der: bytes, at: int) -> int:
    """Return where the content of the sequence at `at` starts."""
    tag, start, _ = _header(der, at)
    if tag != _SEQUENCE:
        raise ValueError("not a certificate")
    return start


def _after(der: bytes, at: int) -> int:
    return _header(der, at)[2]


def _time(der: bytes, at: int) -> float:
    from datetime import UTC, datetime

    tag, start, end = _header(der, at)
    text = der[start:end].decode("ascii", "replace")
    if tag == _UTC_TIME:  # two digits of the year: RFC 5280 takes 50 to 99 for 1950 to 1999
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a certificate")
    if len(text) != 15 or text[14] != "Z" or not (text[:14].isascii() and text[:14].isdecimal()):
        raise ValueError("not a time")
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:14])
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
