"""Converts a row of `ls` for templates, JSON and CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from machsh.commands.handlers.ls.ls_items import HEADERS, HostItem, duration

if TYPE_CHECKING:
    from machsh.machine.status import MachineStatus
    from machsh.record import Record

_PLAIN = ("Name", "Active", "DriverName", "State", "URL", "Swarm", "DockerVersion", "Error")
_NANOSECONDS = 1_000_000_000


def active_mark(row: MachineStatus, is_host: bool, is_swarm: bool) -> str:
    """Return `*`, `* (swarm)` or `-`; empty for a machine that did not load or did not answer in time."""
    if not row.is_loaded or row.is_late:
        return ""
    if is_host:
        return "*"
    return "* (swarm)" if is_swarm else "-"


def item(row: MachineStatus, is_host: bool, is_swarm: bool) -> HostItem:
    """Convert a machine's status to the fields of docker-machine."""
    return HostItem(
        name=row.name,
        active=active_mark(row, is_host, is_swarm),
        active_host=is_host,
        active_swarm=is_swarm,
        driver_name=row.driver_name,
        state=(row.state.number, row.state.value),
        url=row.url,
        swarm_options=_known(row.swarm_options),
        swarm=row.swarm,
        engine_options=_known(row.engine_options),
        error=row.error,
        docker_version=row.docker_version,
        response_time=row.seconds,
    )


def _known(record: Record) -> dict[str, Any]:
    """Return the record's own fields, without unknown keys that it only preserves."""
    return {key: value for key, value in record.to_json().items() if key not in record.unknown}


def as_json(item: HostItem) -> dict[str, Any]:
    """Return the row for `--format json`."""
    return {
        "Name": item.name,
        "Active": item.active,
        "ActiveHost": item.active_host,
        "ActiveSwarm": item.active_swarm,
        "DriverName": item.driver_name,
        "State": item.state[1],
        "URL": item.url,
        "SwarmOptions": item.swarm_options,
        "Swarm": item.swarm,
        "EngineOptions": item.engine_options,
        "Error": item.error,
        "DockerVersion": item.docker_version,
        "ResponseTime": duration(round(item.response_time * _NANOSECONDS)),
    }


def as_csv(items: list[HostItem]) -> str:
    """Return all rows for `--format csv`, with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADERS[name] for name in _PLAIN)
    for item in items:
        row = as_json(item)
        writer.writerow(row[name] for name in _PLAIN)
    return text.getvalue().removesuffix("\n")
