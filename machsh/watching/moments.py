"""Points in time as engines write and take them: nanoseconds since 1970, which no float holds."""

from __future__ import annotations

import calendar
import re
import time

from machsh.errors import UsageError

NANOSECONDS = 10**9
_WRITTEN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)", re.ASCII)
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SECONDS = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


def nanoseconds_of(text: str) -> int | None:
    """Return the point in time that RFC 3339 text means, as engines write it; None for other text."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    date = [int(one or 0) for one in found.groups()[:6]]
    try:
        seconds = calendar.timegm((*date, 0, 0, 0))
    except (ValueError, OverflowError):
        return None
    return (seconds - _offset(found[8] or "Z")) * NANOSECONDS + int((found[7] or "").ljust(9, "0") or 0)


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -seconds if zone.startswith("-") else seconds


def moment(text: str, name: str, now: float | None = None) -> str:
    """Return what a user wrote for a time as the API takes it: seconds since 1970.

    As docker: RFC 3339 (`2026-11-29T12:00:00Z`), a time ago (`1h30m`), or seconds since 1970. Raises
    UsageError.
    """
    if _SECONDS.fullmatch(text):
        return text
    if text and not _DURATION.sub("", text):
        ago = sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))
        return f"{(time.time() if now is None else now) - ago:.9f}"
    found = nanoseconds_of(text)
    if found is None:
        raise UsageError(f"--{name}: {text!r} is no time", hint="for example: 1h30m, or 2026-11-29T12:00:00Z")
    return as_seconds(found)


def as_seconds(nanoseconds: int) -> str:
    """Return a point in time as the API takes it: `SECONDS.NANOSECONDS`."""
    return f"{nanoseconds // NANOSECONDS}.{nanoseconds % NANOSECONDS:09d}"


def has_come(seconds: str, now: int) -> bool:
    """Whether a time, as the API takes it, has come at `now` in nanoseconds; one not given never does."""
    return bool(seconds) and now >= float(seconds) * NANOSECONDS


def as_text(nanoseconds: int) -> str:
    """Return a point in time as engines write it: `2026-11-29T12:00:00.000000000Z`."""
    written = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(nanoseconds // NANOSECONDS))
    return f"{written}.{nanoseconds % NANOSECONDS:09d}Z"
