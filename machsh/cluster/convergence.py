"""Decides whether the services of a stack have converged, are still updating, or have failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RUNNING, COMPLETE = "running", "complete"
_UPDATED = "completed"
_FAILURES = {
    "paused": "its update is paused",
    "rollback_completed": "it was rolled back",
    "rollback_paused": "its rollback is paused",
}
"""State of an update that has stopped -> what that means."""
MONITOR_SECONDS = 5.0
"""How long a new task must run to count as healthy; docker's default, which a service may change."""
_LONGEST_MONITOR = 60.0


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service of a stack as the managers see it."""

    name: str
    running: int
    """Running tasks of the newest specification; for a job, completed ones."""
    wanted: int
    update: str = ""
    """`updating`, `completed`, `paused`, `rollback_started`, ...; empty if there was none."""
    message: str = ""
    monitor: float = MONITOR_SECONDS
    is_job: bool = False
    problem: str = ""
    """The error of the newest task that does not run."""

    @property
    def failure(self) -> str:
        """Why the update failed; empty if it has not."""
        return _FAILURES.get(self.update, "")

    @property
    def is_there(self) -> bool:
        """Whether all its tasks run and no update is in progress."""
        return self.running >= self.wanted and self.update in ("", _UPDATED)


class Convergence:
    """Watches the services' states: a service has converged once it was up for its monitoring period."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        """Name of a service -> since when it has been up without a break."""

    def has_converged(self, states: Sequence[ServiceState]) -> bool:
        """Take the newest states; return whether all services have converged."""
        now = self._clock()
        there = {one.name for one in states if one.is_there}
        self._since = {name: self._since.get(name, now) for name in there}
        return all(
            one.name in there and (self._is_proven(one) or now - self._since[one.name] >= one.monitor)
            for one in states
        )

    def _is_proven(self, state: ServiceState) -> bool:
        return state.is_job or state.wanted == 0 or state.update == _UPDATED


def states_of(services: Iterable[Any], tasks: Iterable[Any]) -> list[ServiceState]:
    """Return the states of services, by name. `tasks` are those of the services' newest specification.

    Both are the engine's documents. Raises LookupError, TypeError, AttributeError or ValueError for others.
    """
    by_service: dict[str, list[Mapping[str, Any]]] = {}
    for task in tasks:
        by_service.setdefault(str(task["ServiceID"]), []).append(task)
    found = [_state(one, by_service.get(str(one["ID"]), [])) for one in services]
    return sorted(found, key=lambda one: one.name)


def last_errors(service: str, services: Iterable[Any], tasks: Iterable[Any], most: int = 3) -> list[str]:
    """Return the errors of a service's last tasks, the newest first, without duplicates."""
    identities = {one["ID"] for one in services if one["Spec"]["Name"] == service}
    own = [one for one in tasks if one["ServiceID"] in identities and _problem(one)]
    own.sort(key=lambda one: str(one["Status"].get("Timestamp", "")), reverse=True)
    return list(dict.fromkeys(map(_problem, own)))[:most]


def _state(service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> ServiceState:
    spec, update = service["Spec"], service.get("UpdateStatus") or {}
    mode = spec.get("Mode") or {}
    is_job = any(key in mode for key in ("ReplicatedJob", "GlobalJob"))
    ended = COMPLETE if is_job else RUNNING
    done = [one for one in tasks if one["Status"].get("State") == ended and _is_wanted(one, is_job=is_job)]
    waiting = [one for one in tasks if one not in done and _problem(one)]
    newest = max(waiting, key=lambda one: str(one["Status"].get("Timestamp", "")), default=None)
    return ServiceState(
        name=str(spec["Name"]),
        running=len({(one.get("Slot"), "" if one.get("Slot") else one.get("NodeID")) for one in done}),
        wanted=_wanted(service, mode, tasks),
        update=str(update.get("State") or ""),
        message=str(update.get("Message") or ""),
        monitor=_monitor(spec),
        is_job=is_job,
        problem=_problem(newest) if newest is not None else "",
    )


def _is_wanted(task: Mapping[str, Any], *, is_job: bool) -> bool:
    return is_job or task.get("DesiredState") == RUNNING


def _wanted(service: Mapping[str, Any], mode: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> int:
    if "Replicated" in mode:
        return int((mode["Replicated"] or {}).get("Replicas", 1))
    if "ReplicatedJob" in mode:
        return int((mode["ReplicatedJob"] or {}).get("TotalCompletions", 1))
    told = service.get("ServiceStatus") or {}
    nodes = {one.get("NodeID") for one in tasks if one.get("DesiredState") in (RUNNING, COMPLETE)}
    return max(int(told.get("DesiredTasks") or 0), len(nodes))


def _monitor(spec: Mapping[str, Any]) -> float:
    nanoseconds = (spec.get("UpdateConfig") or {}).get("Monitor")
    seconds = int(nanoseconds) / 1e9 if nanoseconds else MONITOR_SECONDS
    return min(seconds, _LONGEST_MONITOR)


def _problem(task: Mapping[str, Any]) -> str:
    """Return a task's error, in the engine's words; empty if it has none."""
    status = task["Status"]
    text = str(status.get("Err") or "")
    return " ".join(text.split())[:300]
