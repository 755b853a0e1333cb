"""One row of `ls` as templates, JSON and CSV see it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from machsh.drivers.driver import State
    from machsh.machine.record import EngineOptions, SwarmOptions
    from machsh.machine.survey import Survey

HEADERS: dict[str, str] = {
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
"""Template field -> what stands in the header row."""

_PLAIN = ("Name", "Active", "DriverName", "State", "URL", "Swarm", "DockerVersion", "Error")


@dataclass(frozen=True, slots=True)
class Item:
    """A row with docker-machine's field names in docker-machine's order."""

    Name: str
    Active: str
    ActiveHost: bool
    ActiveSwarm: bool
    DriverName: str
    State: State
    URL: str
    SwarmOptions: SwarmOptions
    Swarm: str
    EngineOptions: EngineOptions
    Error: str
    DockerVersion: str
    ResponseTime: float
    """Seconds."""


def active_mark(row: Survey, is_host: bool, is_swarm: bool) -> str:
    """`*`, `* (swarm)` or `-`; empty for a machine that failed to load or did not answer."""
    if not row.is_loaded or row.is_late:
        return ""
    if is_host:
        return "*"
    return "* (swarm)" if is_swarm else "-"


def item(row: Survey, is_host: bool, is_swarm: bool) -> Item:
    """The row under docker-machine's names."""
    return Item(
        row.name,
        active_mark(row, is_host, is_swarm),
        is_host,
        is_swarm,
        row.driver_name,
        row.state,
        row.url,
        row.swarm_options,
        row.swarm,
        row.engine_options,
        row.error,
        row.docker_version,
        row.seconds,
    )


def as_json(one: Item) -> dict[str, Any]:
    """The row for `--format json`."""
    found = {field.name: getattr(one, field.name) for field in fields(one)}
    return found | {
        "State": one.State.value,
        "SwarmOptions": one.SwarmOptions.to_json(),
        "EngineOptions": one.EngineOptions.to_json(),
        "ResponseTime": duration(one.ResponseTime),
    }


def as_csv(items: list[Item]) -> str:
    """All rows for `--format csv`, with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADERS[name] for name in _PLAIN)
    for one in items:
        row = as_json(one)
        writer.writerow(row[name] for name in _PLAIN)
    return text.getvalue().removesuffix("\n")


def duration(seconds: float) -> str:
    """A Go duration: `48ms`, `1.5s`, `2m0s`."""
    if seconds <= 0:
        return "0s"
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    shown = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{shown}"
    return f"{minutes}m{shown}" if minutes else shown
