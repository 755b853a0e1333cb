"""Which questions tell the names of each kind, and what the answers mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from machsh.engine.names.model import Container, Image, Named, Network, Volume
from machsh.engine.talk import Reply

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
"""A field of the snapshot and the question for it. Some are refused outside a swarm."""

_ACTIONS = (
    "create start die destroy rename pause unpause stop restart remove update "
    "pull tag untag delete import load enable disable install connect disconnect"
).split()

_TYPES = ("container", "image", "network", "volume", "service", "node", "secret", "config", "plugin")


def events_path() -> str:
    """The question for the stream of events that can change a name or a state."""
    filters = json.dumps({"type": _TYPES, "event": _ACTIONS}, separators=(",", ":"))
    return f"/events?filters={quote(filters)}"


def touched(event: bytes) -> frozenset[str]:
    """The kinds whose names an event may have changed."""
    try:
        kind = str(json.loads(event).get("Type", ""))
    except (ValueError, AttributeError):
        return frozenset()
    if kind == "container":
        return frozenset({"containers", "volumes"})  # volumes: who uses them
    return frozenset({f"{kind}s"} & PATHS.keys())


def decode(kind: str, reply: Reply) -> tuple[Any, ...]:
    """The names of one kind; none when the engine refuses the question."""
    if reply.status != 200:
        return ()
    return tuple(sorted(_DECODERS[kind](json.loads(reply.body) or []), key=lambda item: str(item.name)))


def with_users(volumes: Iterable[Volume], reply: Reply) -> tuple[Volume, ...]:
    """The volumes with the containers that mount them, from the list of containers."""
    users: dict[str, list[str]] = {}
    for item in json.loads(reply.body) if reply.status == 200 else ():
        for mount in item.get("Mounts") or ():
            if mount.get("Type") == "volume":
                users.setdefault(mount.get("Name", ""), []).append(_name(item))
    return tuple(Volume(item.name, item.driver, tuple(users.get(item.name, ()))) for item in volumes)


def contexts(config: Path) -> tuple[Named, ...]:
    """docker's contexts, which live in the user's docker folder and not on an engine."""
    found = [Named("default", "this environment's engine")]
    for file in sorted(config.glob("contexts/meta/*/meta.json")):
        try:
            content = json.loads(file.read_bytes())
            help = (content.get("Metadata") or {}).get("Description") or ""
            found.append(Named(str(content["Name"]), str(help)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return tuple(found)


def _name(item: dict[str, Any]) -> str:
    """A container's own name; names with a second slash are links to it."""
    names = [name[1:] for name in item.get("Names") or () if "/" not in name[1:]]
    return names[0] if names else str(item["Id"])[:12]


def _containers(items: Any) -> Iterator[Container]:
    for item in items:
        labels = item.get("Labels") or {}
        yield Container(
            name=_name(item),
            id=item["Id"],
            image=item.get("Image", ""),
            state=item.get("State", ""),
            status=item.get("Status", ""),
            created=float(item.get("Created", 0)),
            project=labels.get("com.docker.compose.project", ""),
            service=labels.get("com.docker.compose.service", ""),
        )


def _images(items: Any) -> Iterator[Image]:
    for item in items:
        for tag in item.get("RepoTags") or ():
            if "<none>" not in tag:
                yield Image(tag, item["Id"], int(item.get("Size", 0)), float(item.get("Created", 0)))


def _networks(items: Any) -> Iterator[Network]:
    for item in items:
        ranges = (item.get("IPAM") or {}).get("Config") or [{}]
        yield Network(item["Name"], item.get("Driver", ""), ranges[0].get("Subnet", ""))


def _volumes(content: Any) -> Iterator[Volume]:
    for item in (content or {}).get("Volumes") or ():
        yield Volume(item["Name"], item.get("Driver", ""))


def _specified(items: Any) -> Iterator[Named]:
    for item in items:
        yield Named(str((item.get("Spec") or {}).get("Name", item.get("ID", ""))))


def _nodes(items: Any) -> Iterator[Named]:
    for item in items:
        name = (item.get("Description") or {}).get("Hostname") or item.get("ID", "")
        yield Named(str(name), str((item.get("Status") or {}).get("State", "")))


def _plugins(items: Any) -> Iterator[Named]:
    for item in items:
        yield Named(str(item.get("Name", "")), "enabled" if item.get("Enabled") else "disabled")


_DECODERS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "containers": _containers,
    "images": _images,
    "networks": _networks,
    "volumes": _volumes,
    "services": _specified,
    "nodes": _nodes,
    "secrets": _specified,
    "configs": _specified,
    "plugins": _plugins,
}
