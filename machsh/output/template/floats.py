"""Floating point numbers as Go's strconv writes them."""

from __future__ import annotations

import math

_USES_EXPONENT_FROM = 6


def shortest(value: float, layout: str = "g") -> str:
    """The fewest digits that read back the same; `layout` is `e`, `f` or `g`."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, exponent = _digits(value)
    point = len(digits) + exponent
    if layout == "g":
        layout = "f" if -4 <= point - 1 < _USES_EXPONENT_FROM else "e"
    return sign + (_scientific(digits, point) if layout == "e" else _plain(digits, point))


def _digits(value: float) -> tuple[str, str, int]:
    """Sign, digits without zeros around them, and the power of ten they are multiplied with."""
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
    """A fixed number of digits; `layout` is one of `e E f F g G`."""
    if not math.isfinite(value):
        return _special(value)
    return f"{value:.{precision}{layout}}"
