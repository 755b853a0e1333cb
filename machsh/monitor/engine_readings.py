"""Decodes what an engine says about itself and about its containers' use of the processor and of memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from machsh.engine.http import HttpResponse
from machsh.errors import MachshError

_SERVER = re.compile(r"Docker/(\S+)")
_API = re.compile(r"(\d{1,3})\.(\d{1,4})")
ONE_SHOT_API = (1, 41)
"""From this version on (Docker 20.10) an engine tells statistics at once, and not after two seconds."""
STATS = "/containers/{id}/stats?stream=false&one-shot=true"
_TROUBLED = ("pending", "locked", "error")
"""States of an engine that is in a swarm and can act neither as manager nor as worker."""


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
    """Whether statistics can be asked for without waiting for the next sample."""


@dataclass(frozen=True, slots=True)
class CpuSample:
    """Two counters that grow: what a container used, and what all processors had to give; nanoseconds."""

    used: int
    system: int
    cpus: int

    def percent_since(self, former: CpuSample) -> float | None:
        """Return the use in per cent of one processor; None if no time has passed between the samples."""
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
    version = _text(info, "ServerVersion")
    if not version:
        named = _SERVER.match(response.headers.get("server", ""))
        version = named[1] if named else ""
    said = info.get("Swarm")
    swarm = said if isinstance(said, dict) else {}
    state = _text(swarm, "LocalNodeState")
    role = state if state in _TROUBLED else ""
    if state == "active":
        role = "manager" if swarm.get("ControlAvailable") is True else "worker"
    found = _API.match(response.headers.get("api-version", ""))
    return EngineReading(
        version,
        _number(info, "NCPU"),
        role,
        _text(info, "DockerRootDir"),
        found is not None and (int(found[1]), int(found[2])) >= ONE_SHOT_API,
    )


def container_reading(response: HttpResponse) -> ContainerReading | None:
    """Decode a sample; None if the container has ended meanwhile, or tells nothing."""
    if response.status != 200:
        return None
    content = document(response)
    cpu, memory = _dict(content, "cpu_stats"), _dict(content, "memory_stats")
    used = _number(_dict(cpu, "cpu_usage"), "total_usage")
    system = _number(cpu, "system_cpu_usage")
    cpus = _number(cpu, "online_cpus") or len(_list(_dict(cpu, "cpu_usage"), "percpu_usage")) or 1
    if not system:
        return None
    parts = _dict(memory, "stats")
    cache = _number(parts, "total_inactive_file") or _number(parts, "inactive_file")
    usage = _number(memory, "usage")
    return ContainerReading(CpuSample(used, system, cpus), max(0, usage - cache), _number(memory, "limit"))


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


def _dict(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _list(content: dict[str, Any], key: str) -> list[Any]:
    value = content.get(key)
    return value if isinstance(value, list) else []


def _number(content: dict[str, Any], key: str) -> int:
    value = content.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _text(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    return " ".join(value.split())[:200] if isinstance(value, str) else ""
