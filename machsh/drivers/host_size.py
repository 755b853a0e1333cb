"""How many CPUs and how much memory a host has, as users write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from machsh.errors import UsageError

_SIZE = re.compile(r"([0-9]{1,15})([bkmgt]?)b?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 2**20, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


@dataclass(frozen=True, slots=True)
class HostSize:
    """The size of a host; an empty text is no limit."""

    cpus: str = ""
    """A number, of which some drivers accept fractions."""
    memory: str = ""
    """A number of MB, or such as `2g`."""


def memory_bytes(text: str, shown: str) -> int:
    """Parse `512m`, `2g` or a number of megabytes to bytes; 0 for an empty text.

    `shown` is what an error says: option and value. Raises UsageError.
    """
    if not text:
        return 0
    match = _SIZE.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise UsageError(f"{shown} is not a size", hint="write 2048 (megabytes), 512m or 2g")
    return int(match[1]) * _UNITS[match[2].lower()]


def whole_cpus(size: HostSize) -> int:
    """Return the number of CPUs for a driver that has no fractions. Raises UsageError."""
    if not re.fullmatch("[0-9]{1,4}", size.cpus, re.ASCII) or not int(size.cpus):
        raise UsageError(f"cpus={size.cpus}: it is not a number of CPUs", hint="write a number such as 2")
    return int(size.cpus)


def megabytes(size: HostSize) -> int:
    """Return the memory in MB for a driver that always has a limit. Raises UsageError."""
    number = memory_bytes(size.memory, f"memory={size.memory}")
    if number < 2**20:
        raise UsageError(
            f"memory={size.memory}: that is no memory for a machine", hint="write 2048 (megabytes) or 2g"
        )
    return number // 2**20
