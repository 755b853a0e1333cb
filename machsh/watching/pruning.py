"""Removes what an engine does not need; says before what that is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from machsh.errors import MachshError
from machsh.watching.disk_usage import RUNNING, own_size
from machsh.watching.engines import EngineRequests, filtered
from machsh.watching.prune_filter import PruneFilter

_ANONYMOUS = "com.docker.volume.anonymous"
_GATEWAY = "docker_gwbridge"
"""The network through which a swarm's containers reach others; the engine keeps it."""
_ANONYMOUS_ONLY = (1, 42)
"""From this version of the API on, only volumes without a name of their own are removed."""


EVERYTHING = PruneFilter()


@dataclass(frozen=True, slots=True)
class Scope:
    """How far the pruning goes, with the words of `docker system prune`."""

    all: bool = False
    """All images that no container uses, instead of those without a name."""
    volumes: bool = False
    only: PruneFilter = EVERYTHING
    """What of it goes."""


@dataclass(frozen=True, slots=True)
class Waste:
    """What is removed or was: counts, and bytes."""

    containers: int = 0
    networks: int = 0
    images: int = 0
    volumes: int = 0
    cache: int = 0
    size: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not any(getattr(self, one.name) for one in fields(self))

    def __add__(self, other: Waste) -> Waste:
        return Waste(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def find_waste(requests: EngineRequests, scope: Scope) -> Waste:
    """Return what `prune` would remove; sizes as the engine counts them. Raises MachshError."""
    usage = requests.ask("/system/df")
    networks = requests.ask(filtered("/networks", {"dangling": ["true"]}))
    version = requests.ask("/version") if scope.volumes else {}
    try:
        services = requests.ask("/services")
    except MachshError:  # no manager of a swarm: it removes no network of one
        services = None
    try:
        return waste_in(usage, _unused_networks(networks, services, scope.only), version, scope)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise MachshError("the engine's answer is not what its API promises of its disk") from error


def _unused_networks(networks: Any, services: Any, only: PruneFilter = EVERYTHING) -> int:
    """Count networks that no container and no service uses; those of a swarm only a manager can remove."""
    used = {
        one.get("Target")
        for service in services or ()
        for one in service["Spec"]["TaskTemplate"].get("Networks") or ()
    }
    return sum(
        one.get("Name") != _GATEWAY
        and not one.get("Ingress")
        and one.get("Id") not in used
        and (one.get("Scope") == "local" or services is not None)
        and only.takes(one.get("Labels"), one.get("Created"))
        for one in networks or ()
    )


def waste_in(usage: Any, networks: int, version: Any, scope: Scope) -> Waste:
    """Return what is not needed, by the engine's documents and the number of unused networks."""
    containers = usage.get("Containers") or []
    idle = [one for one in containers if one.get("State") not in RUNNING and _goes(one, scope)]
    usage = _without(usage, idle)
    used = {one.get("ImageID") for one in containers if one not in idle}
    images = [
        one
        for one in usage.get("Images") or []
        if one.get("Id") not in used
        and one["Containers"] <= 0
        and (scope.all or _is_nameless(one))
        and _goes(one, scope)
    ]
    only_anonymous = _number(version) >= _ANONYMOUS_ONLY
    volumes = [
        one
        for one in usage.get("Volumes") or []
        if scope.volumes and _is_unused(one, only_anonymous) and _goes(one, scope)
    ]
    cache = [one for one in usage.get("BuildCache") or [] if _is_cache_to_go(one, scope)]
    size = sum(int(one.get("SizeRw") or 0) for one in idle) + sum(map(own_size, images))
    size += sum(max(0, int(one["UsageData"].get("Size") or 0)) for one in volumes)
    size += sum(int(one.get("Size") or 0) for one in cache)
    return Waste(len(idle), networks, len(images), len(volumes), len(cache), size)


def _goes(image: dict[str, Any], scope: Scope) -> bool:
    return scope.only.takes(image.get("Labels"), image.get("Created"))


def _is_cache_to_go(entry: dict[str, Any], scope: Scope) -> bool:
    if entry.get("InUse") or entry.get("Shared") or not scope.only.takes_cache:
        return False
    return scope.only.takes({}, entry.get("LastUsedAt") or entry.get("CreatedAt"))


def _without(usage: Any, idle: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the engine will say without these containers: they go first, and free what they use."""
    by_image = Counter(one.get("ImageID") for one in idle)
    by_volume = Counter(mount.get("Name") for one in idle for mount in one.get("Mounts") or ())
    images = [
        {**one, "Containers": int(one.get("Containers") or 0) - by_image[one.get("Id")]}
        for one in usage.get("Images") or []
    ]
    volumes = [
        {**one, "UsageData": {**data, "RefCount": int(data.get("RefCount", 1)) - by_volume[one.get("Name")]}}
        for one in usage.get("Volumes") or []
        for data in [one.get("UsageData") or {}]
    ]
    return {**usage, "Images": images, "Volumes": volumes}


def _is_nameless(image: dict[str, Any]) -> bool:
    return all(str(tag).startswith("<none>") for tag in image.get("RepoTags") or ())


def _is_unused(volume: dict[str, Any], only_anonymous: bool) -> bool:
    is_free = volume["UsageData"]["RefCount"] == 0
    return is_free and (not only_anonymous or _ANONYMOUS in (volume.get("Labels") or {}))


def _number(version: Any) -> tuple[int, ...]:
    text = str(version.get("ApiVersion") or "0") if isinstance(version, dict) else "0"
    return tuple(int(one) for one in text.split(".") if one.isdecimal())


def prune(requests: EngineRequests, scope: Scope) -> Waste:
    """Remove what the engine does not need, in docker's order. Raises MachshError."""
    only = scope.only.query
    steps = [("containers", filtered("/containers/prune", only), "ContainersDeleted")]
    steps.append(("networks", filtered("/networks/prune", only), "NetworksDeleted"))
    if scope.volumes:
        steps.append(("volumes", filtered("/volumes/prune", only), "VolumesDeleted"))
    dangling = ["false" if scope.all else "true"]
    steps.append(("images", filtered("/images/prune", {"dangling": dangling, **only}), "ImagesDeleted"))
    if scope.only.takes_cache:
        cache = filtered("/build/prune", scope.only.cache_query)
        steps.append(("cache", f"{cache}&all=1" if scope.all else cache, "CachesDeleted"))
    counts, size, images = {}, 0, _image_ids(requests.ask("/images/json"))
    for kind, path, key in steps:
        said = requests.ask(path, "POST")
        if not isinstance(said, dict):
            raise MachshError("the engine's answer is not what its API promises of a pruning")
        counts[kind] = _count(kind, said.get(key), images)
        size += int(said.get("SpaceReclaimed") or 0)
    return Waste(**counts, size=size)


def _image_ids(images: Any) -> set[str]:
    return {str(one.get("Id")) for one in images or () if isinstance(one, dict)}


def _count(kind: str, removed: Any, images: set[str]) -> int:
    """Return how many objects were removed. With an image each of its names and layers is listed."""
    if not isinstance(removed, list):
        return 0
    if kind != "images":
        return len(removed)
    return sum(isinstance(one, dict) and one.get("Deleted") in images for one in removed)
