"""Patterns of machines' names: `*`, `?`, `[...]`, and counts as a manifest has them, `web[1-12]`. Pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_COUNT = re.compile(r"\[([0-9]{1,18})-([0-9]{1,18})\]", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits. `[8-12]` is these numbers, where a shell would see letters from 8 to 1, and 2."""
    count = _COUNT.search(pattern)
    if count is None:
        return fnmatchcase(name, pattern)
    before, after = pattern[: count.start()], pattern[count.end() :]
    return any(
        _is_among(name[start:end], *count.groups())
        and fnmatchcase(name[:start], before)
        and fits(name[end:], after)
        for run in _DIGITS.finditer(name)
        for start in range(run.start(), run.end())
        for end in range(start + 1, run.end() + 1)
    )


def _is_among(text: str, first: str, last: str) -> bool:
    """Whether digits are one of the numbers, with zeros before it as the first one has them."""
    width = len(first) if first.startswith("0") else 0
    return int(first) <= int(text) <= int(last) and text == str(int(text)).zfill(width)
