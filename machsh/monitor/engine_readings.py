"""Decodes an engine's answers about itself and about the CPU and memory usage of its containers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from machsh.engine.engine_version import version_in_header
from machsh.engine.http import HttpResponse
from machsh.engine.json_fields import items, mapping, number, text
from machsh.errors import MachshError

_API = re.compile(r"(\d{1,3})\.(\d{1,4})")
ONE_SHOT_API = (1, 41)
"""The first API version (Docker 20.10) that returns statistics at once, not after two seconds."""
STATS = "/containers/{id}/stats?stream=false&one-shot=true"
_TROUBLED = ("pending", "locked", "error")
"""States of an engine that is in a swarm but cannot act in it."""


@dataclass(frozen=True, slots=True)
class EngineReading:
    """What `/info` says."""

    version: str
    cpus: int
    role: str
    """`manager` or `worker`, `pending`, `locked` or `error` if it is neither now; empty outside a swarm."""
    data_folder: str
    """Where the engine keeps its data, on the host."""
    tells_at_once: bool
    """Whether statistics are returned without waiting for the next sample."""


@dataclass(frozen=True, slots=True)
class CpuSample:
    """Two counters in nanoseconds: CPU time used by a container, and available on all processors."""

    used: int
    system: int
    cpus: int

    def percent_since(self, former: CpuSample) -> float | None:
        """Return the usage in percent of one processor; None if no time has passed between the samples."""
        elapsed, used = self.system - former.system, self.used - former.used
        if elapsed <= 0 or used < 0:
            return None
        return min(100.0 * used / elapsed * self.cpus, 100.0 * self.cpus)


@dataclass(frozen=True, slots=True)
class ContainerReading:
    """One sample of a container."""

    cpu: CpuSample
    memory: int
    memory_limit: int


def engine_reading(response: HttpResponse) -> EngineReading:
    """Decode the answer to `/info`. Raises MachshError if it is refused or no engine's."""
    info = document(response)
    version = text(info, "ServerVersion") or version_in_header(response)
    said = info.get("Swarm")
    swarm = said if isinstance(said, dict) else {}
    state = text(swarm, "LocalNodeState")
    role = state if state in _TROUBLED else ""
    if state == "active":
        role = "manager" if swarm.get("ControlAvailable") is True else "worker"
    found = _API.match(response.headers.get("api-version", ""))
    return EngineReading(
        version,
        number(info, "NCPU"),
        role,
        text(info, "DockerRootDir"),
        found is not None and (int(found[1]), int(found[2])) >= ONE_SHOT_API,
    )


def container_reading(response: HttpResponse) -> ContainerReading | None:
    """Decode a sample; None if the container has ended, or has no statistics."""
    if response.status != 200:
        return None
    content = document(response)
    cpu, memory = mapping(content, "cpu_stats"), mapping(content, "memory_stats")
    used = number(mapping(cpu, "cpu_usage"), "total_usage")
    system = number(cpu, "system_cpu_usage")
    cpus = number(cpu, "online_cpus") or len(items(mapping(cpu, "cpu_usage"), "percpu_usage")) or 1
    if not system:
        return None
    parts = mapping(memory, "stats")
    cache = number(parts, "total_inactive_file") or number(parts, "inactive_file")
    usage = number(memory, "usage")
    return ContainerReading(CpuSample(used, system, cpus), max(0, usage - cache), number(memory, "limit"))


def check(response: HttpResponse) -> None:
    """Raise MachshError if the engine refused to answer."""
    if response.status != 200:
        said = response.body[:300].decode("utf-8", "replace").strip()
        raise MachshError(f"the engine refuses: {response.status} {response.reason}: {said}".rstrip(": "))


def document(response: HttpResponse) -> dict[str, Any]:
    """Return the answer as an object. Raises MachshError if it is refused, or something else."""
    check(response)
    content = response.json()
    if not isinstance(content, dict):
        raise MachshError("the engine's answer is not what its API promises")
    return content
