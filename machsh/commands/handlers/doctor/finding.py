"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """How a thing is; the order is from good to bad."""

    GOOD = "good"
    ABSENT = "absent"
    """Not there, and needed only by some uses."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one thing."""

    topic: str
    """The section it stands in, such as `docker` or `store`."""
    name: str
    health: Health
    text: str
    """What is there, or what is wrong with it."""
    remedy: str = ""
    """The command or the change that mends it; empty when there is nothing to mend."""
