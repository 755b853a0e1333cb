"""Hears machsh's events and passes the long creates on."""

from __future__ import annotations

from machsh.api import CREATED, Environment, Event
from machsh_notify.ways import Way, ways

DEFAULT_SECONDS = 30.0


def listener(event: Event) -> None:
    """Tell the user about a `create` that took long; what machsh calls with every event."""
    hear(event, Environment.of_process())


def hear(event: Event, environment: Environment) -> None:
    """Tell in every way that this environment has; failures of all ways together are raised as one."""
    if event.kind != CREATED or event.seconds < shortest(environment):
        return
    failures = [failure for way in ways(environment) if (failure := _tell(way, event))]
    if failures:
        raise RuntimeError("; ".join(failures))


def shortest(environment: Environment) -> float:
    """Seconds that a create must have taken to be told (`MACHSH_NOTIFY_AFTER`)."""
    given = environment.variable("MACHSH_NOTIFY_AFTER")
    try:
        return float(given) if given else DEFAULT_SECONDS
    except ValueError:
        raise ValueError(f"MACHSH_NOTIFY_AFTER is not a number of seconds: {given!r}") from None


def _tell(way: Way, event: Event) -> str:
    """Use one way; why it failed, or empty: a dead webhook must not silence the bell."""
    try:
        way(event)
    except (OSError, ValueError) as error:
        return str(error)
    return ""
