"""The disk usage of an engine's images, containers, volumes and build cache."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from machsh.errors import MachshError
from machsh.watching.engines import EngineRequests

KINDS = ("images", "containers", "volumes", "build cache")
RUNNING = ("running", "paused", "restarting")


@dataclass(frozen=True, slots=True)
class Usage:
    """One kind of objects: how many there are and are in use; sizes in bytes."""

    count: int = 0
    active: int = 0
    size: int = 0
    reclaimable: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.count + other.count,
            self.active + other.active,
            self.size + other.size,
            self.reclaimable + other.reclaimable,
        )


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """The usage of each kind in KINDS."""

    by_kind: dict[str, Usage] = field(default_factory=lambda: dict.fromkeys(KINDS, Usage()))

    @property
    def total(self) -> Usage:
        """All kinds together."""
        return sum(self.by_kind.values(), Usage())

    def __add__(self, other: DiskUsage) -> DiskUsage:
        return DiskUsage({kind: self.by_kind[kind] + other.by_kind[kind] for kind in KINDS})


def disk_usage(requests: EngineRequests) -> DiskUsage:
    """Ask an engine. Raises MachshError."""
    return usage_of(requests.ask("/system/df"))


def usage_of(content: Any) -> DiskUsage:
    """Read the answer to `GET /system/df`, and count as `docker system df` does.

    Raises MachshError if it is no such answer.
    """
    try:
        found = (
            _images(_list(content, "Images"), int(content.get("LayersSize") or 0)),
            _containers(_list(content, "Containers")),
            _volumes(_list(content, "Volumes")),
            _build_cache(_list(content, "BuildCache")),
        )
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise MachshError("the engine's answer is not what its API promises of its disk") from error
    return DiskUsage(dict(zip(KINDS, found, strict=True)))


def _list(content: Any, key: str) -> list[dict[str, Any]]:
    return content.get(key) or []


def own_size(image: dict[str, Any]) -> int:
    """Return the size of an image's layers that no other image shares, in bytes."""
    size, shared = int(image.get("Size") or 0), int(image.get("SharedSize") or 0)
    return max(0, size - max(0, shared))


def _images(images: Iterable[dict[str, Any]], layers: int) -> Usage:
    images = list(images)
    used = [one for one in images if int(one.get("Containers") or 0) > 0]
    return Usage(len(images), len(used), layers, max(0, layers - sum(map(own_size, used))))


def _containers(containers: Iterable[dict[str, Any]]) -> Usage:
    sizes = [(one.get("State") in RUNNING, int(one.get("SizeRw") or 0)) for one in containers]
    idle = sum(size for is_active, size in sizes if not is_active)
    return Usage(len(sizes), sum(one for one, _ in sizes), sum(size for _, size in sizes), idle)


def _volumes(volumes: Iterable[dict[str, Any]]) -> Usage:
    data = [one.get("UsageData") or {} for one in volumes]
    sizes = [(int(one.get("RefCount") or 0) > 0, max(0, int(one.get("Size") or 0))) for one in data]
    idle = sum(size for is_active, size in sizes if not is_active)
    return Usage(len(sizes), sum(one for one, _ in sizes), sum(size for _, size in sizes), idle)


def _build_cache(entries: Iterable[dict[str, Any]]) -> Usage:
    own = [(bool(one.get("InUse")), int(one.get("Size") or 0)) for one in entries if not one.get("Shared")]
    idle = sum(size for is_active, size in own if not is_active)
    return Usage(len(own), sum(one for one, _ in own), sum(size for _, size in own), idle)
