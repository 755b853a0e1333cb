"""Parses number literals as Go's templates do."""

from __future__ import annotations

import math
import re

from machsh.go.strconv import quote, unquote
from machsh.go.template.nodes import Number

_WHOLE = re.compile(r"[+-]?(0[xX]_?[0-9a-fA-F_]+|0[bB]_?[01_]+|0[oO]?_?[0-7_]*|[1-9][0-9_]*)")
_HEX_REAL = re.compile(r"[+-]?0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*[pP][+-]?\d+")
_LIMIT = 1 << 63


def read_number(text: str, start: int) -> Number:
    """Parse a number token. Raises ValueError with Go's error text."""
    if text.startswith("'"):
        return Number(start, text, _character(text), None)
    whole = _whole(text)
    if whole is not None and not -_LIMIT <= whole < 2 * _LIMIT:
        whole = None
    if whole is not None:
        return Number(start, text, whole, float(whole))
    real = _real(text)
    if real is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    if not any(mark in text for mark in ".eEpP"):
        raise ValueError(f"integer overflow: {quote(text)}")
    return Number(start, text, int(real) if real.is_integer() and abs(real) < _LIMIT else None, real)


def _character(text: str) -> int:
    try:
        inner = unquote(text)
    except ValueError as error:
        raise ValueError("invalid syntax") from error
    if len(inner) != 1:
        raise ValueError(f"malformed character constant: {text}" if inner else "invalid syntax")
    return ord(inner)


def _whole(text: str) -> int | None:
    if not _WHOLE.fullmatch(text) or "__" in text or text.endswith("_"):
        return None
    digits = text.lstrip("+-").replace("_", "").lower()
    if digits.startswith("0") and len(digits) > 1 and digits[1].isdigit():
        digits = f"0o{digits[1:]}"  # octal without the `o`, as in C
    value = int(digits, 0)
    return -value if text.startswith("-") else value


def _real(text: str) -> float | None:
    try:
        if _HEX_REAL.fullmatch(text):
            return float.fromhex(text.replace("_", ""))
        value = float(text) if text[-1:].isdigit() or text[-1:] == "." else math.inf
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
