"""All machines at one time, as a table and for programs (`monitor --once`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from machsh.machine.status import natural
from machsh.monitor.columns import COLUMNS
from machsh.monitor.machine_view import ContainerView, HostReading, MachineView
from machsh.output.results import Document, Table

LATE = "Timeout"


def table(views: Sequence[MachineView], now: float) -> Table:
    """Return a row for each machine; an error has its own column. `now` is monotonic."""
    rows, looks = [], []
    for view in _ordered(views):
        row = [column.of_machine(view, now) for column in COLUMNS]
        rows.append([*row, view.error])
        looks.append(["machine", *(column.look(view) for column in COLUMNS[1:]), "error"])
    return Table([*(column.title for column in COLUMNS), "ERROR"], rows, looks)


def document(views: Sequence[MachineView]) -> Document:
    """Return all data, with bytes and percentages as numbers, and null for unknown values."""
    return Document([_machine(view) for view in _ordered(views)])


def finished(views: Sequence[MachineView]) -> list[MachineView]:
    """Return the final views: a machine without any data has timed out."""
    from dataclasses import replace

    return [view if view.state else replace(view, state=LATE) for view in views]


def _ordered(views: Sequence[MachineView]) -> list[MachineView]:
    return sorted(views, key=lambda one: natural(one.name))


def _machine(view: MachineView) -> dict[str, Any]:
    return {
        "machine": view.name,
        "driver": view.driver,
        "state": view.state,
        "answers": view.is_answering,
        "error": view.error,
        "engine": view.engine,
        "cluster": view.cluster,
        "role": view.role,
        "cpus": view.cpus,
        "cpu": _rounded(view.cpu),
        "host": _host(view.host) if view.host else None,
        "hostError": view.host_error,
        "certificateDays": view.certificate_days,
        "containers": [_container(one) for one in view.containers],
    }


def _host(host: HostReading) -> dict[str, Any]:
    return {
        "load": host.load,
        "memoryUsed": host.memory_used,
        "memoryTotal": host.memory_total,
        "diskUsed": host.disk_used,
        "diskTotal": host.disk_total,
    }


def _container(container: ContainerView) -> dict[str, Any]:
    return {
        "id": container.id,
        "name": container.name,
        "image": container.image,
        "state": container.state,
        "status": container.status,
        "cpu": _rounded(container.cpu),
        "memory": container.memory,
        "memoryLimit": container.memory_limit or None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
