"""The API requests that list each kind of object, and the decoding of their responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from machsh.engine.http import HttpResponse
from machsh.engine.watch.snapshot import SHORT_ID, Container, Image, NamedItem, Network, SwarmService, Volume
from machsh.record import parse_json
from machsh.regular_file import read_text

PATHS = {
    "containers": "/containers/json?all=1",
    "images": "/images/json",
    "networks": "/networks",
    "volumes": "/volumes",
    "services": "/services",
    "nodes": "/nodes",
    "secrets": "/secrets",
    "configs": "/configs",
    "plugins": "/plugins",
}
"""Field of `Snapshot` -> the API path that lists it. The engine refuses some of them outside a swarm."""

_ACTIONS = (
    "create start die destroy rename pause unpause stop restart remove update "
    "pull tag untag delete import load enable disable install connect disconnect"
).split()

_TYPES = ("container", "image", "network", "volume", "service", "node", "secret", "config", "plugin")


def events_path() -> str:
    """Return the API path for the events that can change a name or state."""
    filters = json.dumps({"type": _TYPES, "event": _ACTIONS}, separators=(",", ":"))
    return f"/events?filters={quote(filters)}"


def touched(event: bytes) -> frozenset[str]:
    """Return the kinds (fields of `Snapshot`) that an event may have changed; none if it is malformed."""
    try:
        kind = str(json.loads(event).get("Type", ""))
    except (ValueError, AttributeError, RecursionError):
        return frozenset()
    if kind == "container":
        return frozenset({"containers", "volumes"})  # volumes: their `used_by`
    return frozenset({f"{kind}s"} & PATHS.keys())


def decode(kind: str, response: HttpResponse) -> tuple[Any, ...]:
    """Decode the items of one kind, sorted by name; none if the engine refused. Malformed items are skipped.

    Raises MachshError if the response is not JSON.
    """
    found: list[Any] = []
    for item in _items(kind, response):
        with suppress(LookupError, TypeError, ValueError, AttributeError):
            found += _DECODERS[kind](item)
    return tuple(sorted(found, key=lambda item: str(item.name)))


def _items(kind: str, response: HttpResponse) -> list[Any]:
    if response.status != 200:
        return []
    content = response.json()
    if kind == "volumes" and isinstance(content, dict):
        content = content.get("Volumes")
    return content if isinstance(content, list) else []


def with_users(volumes: Iterable[Volume], response: HttpResponse) -> tuple[Volume, ...]:
    """Return the volumes with `used_by` filled in from the response that lists the containers."""
    users: dict[str, list[str]] = {}
    for item in _items("containers", response):
        with suppress(LookupError, TypeError, AttributeError):
            for mount in item.get("Mounts") or ():
                if mount.get("Type") == "volume":
                    users.setdefault(str(mount.get("Name", "")), []).append(_name(item))
    return tuple(Volume(item.name, item.driver, tuple(users.get(item.name, ()))) for item in volumes)


def contexts(config: Path) -> tuple[NamedItem, ...]:
    """Return docker's contexts. They are read from the user's docker folder, not from the engine."""
    found = [NamedItem("default", "this environment's engine")]
    for file in sorted(config.glob("contexts/meta/*/meta.json")):
        try:
            content = parse_json(read_text(file))
            help = (content.get("Metadata") or {}).get("Description") or ""
            found.append(NamedItem(str(content["Name"]), str(help)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return tuple(found)


def _name(item: dict[str, Any]) -> str:
    """Return a container's own name, or its short id if it has none; a name with two slashes is a link."""
    names = [str(name)[1:] for name in item.get("Names") or () if "/" not in str(name)[1:]]
    return names[0] if names else str(item["Id"])[:SHORT_ID]


def _container(item: Any) -> Iterator[Container]:
    labels = item.get("Labels") or {}
    yield Container(
        name=_name(item),
        id=str(item["Id"]),
        image=str(item.get("Image", "")),
        state=str(item.get("State", "")),
        status=str(item.get("Status", "")),
        created=float(item.get("Created", 0)),
        project=str(labels.get("com.docker.compose.project", "")),
        service=str(labels.get("com.docker.compose.service", "")),
    )


def _image(item: Any) -> Iterator[Image]:
    for tag in map(str, item.get("RepoTags") or ()):
        if "<none>" not in tag:
            yield Image(tag, str(item["Id"]), int(item.get("Size", 0)), float(item.get("Created", 0)))


def _network(item: Any) -> Iterator[Network]:
    ranges = (item.get("IPAM") or {}).get("Config") or [{}]
    yield Network(str(item["Name"]), str(item.get("Driver", "")), str(ranges[0].get("Subnet", "")))


def _volume(item: Any) -> Iterator[Volume]:
    yield Volume(str(item["Name"]), str(item.get("Driver", "")))


def _specified(item: Any) -> Iterator[NamedItem]:
    yield NamedItem(str((item.get("Spec") or {}).get("Name", item.get("ID", ""))))


def _service(item: Any) -> Iterator[SwarmService]:
    spec = item.get("Spec") or {}
    labels = spec.get("Labels") or {}
    yield SwarmService(
        str(spec.get("Name", item.get("ID", ""))), str(labels.get("com.docker.stack.namespace", ""))
    )


def _node(item: Any) -> Iterator[NamedItem]:
    name = (item.get("Description") or {}).get("Hostname") or item.get("ID", "")
    yield NamedItem(str(name), str((item.get("Status") or {}).get("State", "")))


def _plugin(item: Any) -> Iterator[NamedItem]:
    yield NamedItem(str(item.get("Name", "")), "enabled" if item.get("Enabled") else "disabled")


_DECODERS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "containers": _container,
    "images": _image,
    "networks": _network,
    "volumes": _volume,
    "services": _service,
    "nodes": _node,
    "secrets": _specified,
    "configs": _specified,
    "plugins": _plugin,
}
