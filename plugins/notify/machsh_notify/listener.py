"""The listener for machsh's events: sends notifications about long creates."""

from __future__ import annotations

from machsh.api import CREATED, Environment, Event
from machsh_notify.ways import Way, ways

DEFAULT_SECONDS = 30.0


def listener(event: Event) -> None:
    """Notify the user about a long `create`; machsh calls this with every event."""
    hear(event, Environment.of_process())


def hear(event: Event, environment: Environment) -> None:
    """Notify in every way available here. Raises RuntimeError with the failures of all ways."""
    if event.kind != CREATED or event.seconds < shortest(environment):
        return
    failures = [failure for way in ways(environment) if (failure := _tell(way, event))]
    if failures:
        raise RuntimeError("; ".join(failures))


def shortest(environment: Environment) -> float:
    """Return the minimum duration in seconds (`MACHSH_NOTIFY_AFTER`). Raises ValueError if not a number."""
    given = environment.variable("MACHSH_NOTIFY_AFTER")
    try:
        return float(given) if given else DEFAULT_SECONDS
    except ValueError:
        raise ValueError(f"MACHSH_NOTIFY_AFTER is not a number of seconds: {given!r}") from None


def _tell(way: Way, event: Event) -> str:
    """Notify in one way; return its failure or "", so that a dead webhook does not silence the bell."""
    try:
        way(event)
    except (OSError, ValueError) as error:
        return str(error)
    return ""
