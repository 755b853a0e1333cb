"""Human-readable sizes, ages, durations and values."""

from __future__ import annotations

import reprlib

LONGEST_VALUE = 100
"""Characters of a value in a message."""


def byte_size(count: float) -> str:
    """Format a number of bytes with three digits and a decimal unit: `1.24MB`."""
    units = ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if count < 1000 or unit == units[-1]:
            return f"{count:.3g}{unit}"
        count /= 1000
    return ""


_HOUR = 3600
_DAY = 24 * _HOUR
_STEPS = (
    (60, 1, "seconds"),
    (_HOUR, 60, "minutes"),
    (2 * _DAY, _HOUR, "hours"),
    (14 * _DAY, _DAY, "days"),
    (60 * _DAY, 7 * _DAY, "weeks"),
    (730 * _DAY, 30 * _DAY, "months"),
)
"""(upper limit in seconds, seconds per unit, unit), in ascending order."""


def age(seconds: float) -> str:
    """Format a duration in docker's words: `5 minutes`, `About an hour`, `3 weeks`."""
    if seconds < 1:
        return "Less than a second"
    if seconds < 2:
        return "1 second"
    if 60 <= seconds < 120:
        return "About a minute"
    if _HOUR <= seconds < 1.5 * _HOUR:
        return "About an hour"
    for limit, unit, name in _STEPS:
        if seconds < limit:
            rounding = 0.5 if name == "hours" else 0
            return f"{int(seconds / unit + rounding)} {name}"
    return f"{int(seconds // (365 * _DAY))} years"


def elapsed(seconds: float) -> str:
    """Format a duration briefly: `3.2s`, `1m05s`, `2h03m`."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m"


def short_value(value: object) -> str:
    """Return a value as Python writes it, cut to LONGEST_VALUE characters."""
    text = reprlib.repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."
