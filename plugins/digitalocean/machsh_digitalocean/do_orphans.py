"""Finds orphaned resources by their marks."""

from __future__ import annotations

from typing import Any

from machsh.api import CloudOrphans, CloudTags, Orphan, provider_time
from machsh_digitalocean.do_api import DigitalOceanApi
from machsh_digitalocean.do_mark import read_mark
from machsh_digitalocean.do_resources import DROPLET, KINDS, identifier_of, listed, marks_of


def look(search: CloudOrphans, api: DigitalOceanApi, place: str) -> None:
    """Add droplets, then what can go only after them. Raises MachshError."""
    for kind in KINDS:
        for resource in listed(api, "asking for what is left over", kind):
            tags, name = _tags(kind, resource), str(resource.get("name"))
            if tags is None:
                continue
            search.add(
                tags,
                Orphan(
                    name=f"machsh:{tags.machine}" if read_mark(name) else name,
                    kind=kind,
                    identifier=identifier_of(kind, resource),
                    since=provider_time(resource.get("created_at")),
                    cost=_cost(kind, resource),
                    place=place,
                ),
            )


def _tags(kind: str, found: dict[str, Any]) -> CloudTags | None:
    return next((tags for one in marks_of(kind, found) if (tags := read_mark(one))), None)


def _cost(kind: str, found: dict[str, Any]) -> str:
    return f"per hour ({found.get('size_slug')})" if kind == DROPLET else "free"
