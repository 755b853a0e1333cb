"""The result of one of the doctor's checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from machsh.environment import Environment


class Health(Enum):
    """The state of a checked thing, from good to bad."""

    GOOD = "good"
    ABSENT = "absent"
    """Missing, but needed for some uses only."""
    BAD = "bad"


MARKS = {Health.GOOD: "✓", Health.ABSENT: "•", Health.BAD: "✗"}
PLAIN_MARKS = {Health.GOOD: "+", Health.ABSENT: "-", Health.BAD: "x"}


def marks_for(environment: Environment) -> dict[Health, str]:
    """Return the marks that stdout can show."""
    encoding = getattr(environment.stdout, "encoding", None) or "utf-8"
    try:
        "".join(MARKS.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return PLAIN_MARKS
    return MARKS


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
