"""The data for `ls --format`: a machine with the fields of docker-machine's `commands.HostListItem`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from machsh.go.template.values import Named, Pointer, Slice, Struct

HEADERS = {
    "Name": "NAME",
    "Active": "ACTIVE",
    "ActiveHost": "ACTIVE_HOST",
    "ActiveSwarm": "ACTIVE_SWARM",
    "DriverName": "DRIVER",
    "State": "STATE",
    "URL": "URL",
    "SwarmOptions": "SWARM_OPTIONS",
    "Swarm": "SWARM",
    "EngineOptions": "ENGINE_OPTIONS",
    "DockerVersion": "DOCKER",
    "Error": "ERRORS",
    "ResponseTime": "RESPONSE",
}
"""Field -> column title. A `table` template is rendered with these first, which prints the header."""

_REAL = "Overcommit"
_SECOND = 1_000_000_000
_SMALLER = ((1_000_000, "ms"), (1_000, "µs"), (1, "ns"))


@dataclass(frozen=True, slots=True)
class HostItem:
    """One row of `ls`, with docker-machine's fields in its order."""

    name: str
    active: str = "-"
    active_host: bool = False
    active_swarm: bool = False
    driver_name: str = ""
    state: tuple[int, str] = (0, "")
    """docker-machine's number and name of the state."""
    url: str = ""
    swarm_options: Mapping[str, Any] | None = None
    """As in `config.json`; None prints as `<nil>`."""
    swarm: str = ""
    engine_options: Mapping[str, Any] | None = None
    error: str = ""
    docker_version: str = ""
    response_time: float = field(default=0.0)
    """Seconds."""

    def struct(self) -> Struct:
        """Return the row as a Go struct for a template."""
        nanoseconds = round(self.response_time * _SECOND)
        return Struct(
            "commands.HostListItem",
            {
                "Name": self.name,
                "Active": self.active,
                "ActiveHost": self.active_host,
                "ActiveSwarm": self.active_swarm,
                "DriverName": self.driver_name,
                "State": Named("state.State", *self.state),
                "URL": self.url,
                "SwarmOptions": _options("swarm.Options", self.swarm_options),
                "Swarm": self.swarm,
                "EngineOptions": _options("engine.Options", self.engine_options),
                "Error": self.error,
                "DockerVersion": self.docker_version,
                "ResponseTime": Named("time.Duration", nanoseconds, duration(nanoseconds)),
            },
        )


def _options(name: str, options: Mapping[str, Any] | None) -> Pointer:
    if options is None:
        return Pointer(name)
    return Pointer(name, Struct(name, {key: _typed(key, value) for key, value in options.items()}))


def _typed(key: str, value: Any) -> Any:
    """Convert a value to its Go type: lists (empty for None) to `[]string`, one number to a float."""
    if value is None or isinstance(value, list):
        return Slice("string", value or ())
    return float(value) if key == _REAL else value


def duration(nanoseconds: int) -> str:
    """Format as Go formats a time.Duration: `48ms`, `1m2.5s`."""
    if nanoseconds < 0:
        return f"-{duration(-nanoseconds)}"
    if nanoseconds == 0:
        return "0s"
    for size, unit in _SMALLER:
        if size <= nanoseconds < _SECOND:
            return f"{_fraction(nanoseconds, size)}{unit}"
    minutes, rest = divmod(nanoseconds, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    shown = f"{hours}h" if hours else ""
    shown += f"{minutes}m" if hours or minutes else ""
    return f"{shown}{_fraction(rest, _SECOND)}s"


def _fraction(amount: int, size: int) -> str:
    whole, rest = divmod(amount, size)
    digits = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)
