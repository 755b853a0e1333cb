"""The result of one of the doctor's checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """The state of a checked thing, from good to bad."""

    GOOD = "good"
    ABSENT = "absent"
    """Missing, but needed for some uses only."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of checking one thing."""

    topic: str
    """The section of the report, such as `Docker` or `Store`."""
    name: str
    health: Health
    text: str
    """What was found, or what is wrong with it."""
    remedy: str = ""
    """The command or the change that fixes the problem; empty for no problem or no known fix."""
