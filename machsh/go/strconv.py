"""Quotes and unquotes strings and formats floats as Go's strconv does."""

from __future__ import annotations

import math
import re
import unicodedata

_SHORT = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\\": "\\"}
_LONG = {letter: character for character, letter in _SHORT.items()}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)


def is_printable(character: str) -> bool:
    """Go's IsPrint: letters, marks, numbers, symbols, punctuation and the ASCII space."""
    return character == " " or unicodedata.category(character)[0] in "LMNSP"


def quote(text: str, mark: str = '"', *, only_ascii: bool = False) -> str:
    """Go's `%q`: in quotes, with escapes for unprintable characters."""
    return mark + "".join(_escaped(character, mark, only_ascii) for character in text) + mark


def _escaped(character: str, mark: str, only_ascii: bool) -> str:
    number = ord(character)
    if character == mark:
        return f"\\{mark}"
    if character in _SHORT:
        return f"\\{_SHORT[character]}"
    if is_printable(character) and (number < 0x80 or not only_ascii):
        return character
    if 0xDC80 <= number <= 0xDCFF:  # a byte of invalid UTF-8, kept by surrogateescape
        return f"\\x{number - 0xDC00:02x}"
    if number < 0x20 or number == 0x7F:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def unquote(text: str) -> str:
    """Return the value of a Go string literal in any quotes. Raises ValueError with Go's error text."""
    mark, inner = text[0], text[1:-1]
    if mark == "`":
        return inner.replace("\r", "")
    rest = _ESCAPE.sub("", inner)
    if "\\" in rest or "\n" in rest or any(not _is_escape(found, mark) for found in _ESCAPE.finditer(inner)):
        raise ValueError("invalid syntax")
    content = b"".join(_pieces(inner))
    return content.decode("utf-8", "surrogateescape")


def _is_escape(found: re.Match[str], mark: str) -> bool:
    code, octal, letter = found[2] or found[3], found[4], found[5]
    if letter:
        return letter in _LONG or letter == mark
    if octal:
        return int(octal, 8) < 0x100
    return not code or (int(code, 16) < 0x110000 and not 0xD800 <= int(code, 16) < 0xE000)


def _pieces(inner: str) -> list[bytes]:
    pieces, end = [], 0
    for found in _ESCAPE.finditer(inner):
        pieces.append(inner[end : found.start()].encode("utf-8", "surrogateescape"))
        byte, code, octal, letter = found[1], found[2] or found[3], found[4], found[5]
        if byte or octal:
            pieces.append(bytes([int(byte, 16) if byte else int(octal, 8)]))
        else:
            pieces.append((chr(int(code, 16)) if code else _LONG.get(letter, letter)).encode())
        end = found.end()
    return [*pieces, inner[end:].encode("utf-8", "surrogateescape")]


def unicode_name(character: str) -> str:
    """Go's `%#U`: `U+0040 '@'`."""
    shown = f" '{character}'" if is_printable(character) else ""
    return f"U+{ord(character):04X}{shown}"


_USES_EXPONENT_FROM = 6


def shortest(value: float, layout: str = "g") -> str:
    """Format with the fewest digits that read back as the same float; `layout` is `e`, `f` or `g`."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, exponent = _digits(value)
    point = len(digits) + exponent
    if layout == "g":
        layout = "f" if -4 <= point - 1 < _USES_EXPONENT_FROM else "e"
    return sign + (_scientific(digits, point) if layout == "e" else _plain(digits, point))


def _digits(value: float) -> tuple[str, str, int]:
    """Return (sign, digits without leading and trailing zeros, exponent): value = digits * 10**exponent."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    short = digits.rstrip("0")
    power = int(exponent or 0) - len(fraction) + len(digits) - len(short)
    sign = "-" if math.copysign(1, value) < 0 else ""
    return (sign, short, power) if short else (sign, "0", 0)


def _scientific(digits: str, point: int) -> str:
    fraction = f".{digits[1:]}" if digits[1:] else ""
    exponent = point - 1
    return f"{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _plain(digits: str, point: int) -> str:
    if point <= 0:
        return f"0.{'0' * -point}{digits}" if digits != "0" else "0"
    whole = digits[:point].ljust(point, "0")
    return f"{whole}.{digits[point:]}" if digits[point:] else whole


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def with_precision(value: float, layout: str, precision: int) -> str:
    """Format with a fixed number of digits; `layout` is one of `e E f F g G`."""
    if not math.isfinite(value):
        return _special(value)
    return f"{value:.{precision}{layout}}"
