"""Names with counts in brackets: `web[1-3]`, `db[01-12]`, `node[a,b]`. Pure."""

from __future__ import annotations

import re

from machsh.errors import UsageError

MOST = 1000
"""Machines of one entry."""
_COUNTED = re.compile(r"([^\[\]]*)\[([^\[\]]*)\]([^\[\]]*)")
_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_PART = re.compile(r"[A-Za-z0-9.]+", re.ASCII)


def expand(text: str) -> dict[str, str]:
    """Return the names that an entry means, each with what its brackets stand for: `web2` -> `2`.

    A range keeps leading zeros. An entry without brackets means itself, with "". Raises UsageError.
    """
    if "[" not in text and "]" not in text:
        return {text: ""}
    match = _COUNTED.fullmatch(text)
    if not match:
        raise UsageError(f'"{text}" has brackets that do not fit', hint="write one pair, as in web[1-5]")
    before, inner, after = match.groups()
    found: dict[str, str] = {}
    for part in inner.split(","):
        for number in _numbers(part.strip(), text):
            found[f"{before}{number}{after}"] = number
            if len(found) > MOST:
                raise UsageError(f'"{text}" means more than {MOST} machines')
    return found


def _numbers(part: str, text: str) -> list[str]:
    match = _RANGE.fullmatch(part)
    if not match:
        if _PART.fullmatch(part):
            return [part]
        raise UsageError(
            f'"{text}": "{part}" is neither a number nor a range', hint="write web[1-5] or web[1,3,7]"
        )
    first, last = match.groups()
    if int(first) > int(last):
        raise UsageError(f'"{text}": {first} is after {last}', hint=f"write [{last}-{first}]")
    if int(last) - int(first) >= MOST:
        raise UsageError(f'"{text}" means more than {MOST} machines')
    width = len(first) if first.startswith("0") else 0
    return [str(number).zfill(width) for number in range(int(first), int(last) + 1)]
