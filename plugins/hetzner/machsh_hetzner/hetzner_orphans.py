"""Finds orphaned resources by their labels."""

from __future__ import annotations

from typing import Any

from machsh.api import OWNER_TAG, CloudOrphans, Orphan
from machsh_hetzner.hetzner_api import HetznerCloud, explained
from machsh_hetzner.hetzner_resources import COSTS, FIREWALL, KEY, SERVER, client_of, tags_of


def look(search: CloudOrphans, cloud: HetznerCloud, place: str) -> None:
    """Add servers, then what can go only after them. Raises MachshError."""
    for kind in (SERVER, KEY, FIREWALL):
        with explained("asking for what is left over"):
            marked = client_of(cloud, kind).get_all(label_selector=OWNER_TAG)
        for resource in marked:
            search.add(
                tags_of(resource),
                Orphan(
                    name=resource.name,
                    kind=kind,
                    identifier=str(resource.id),
                    since=resource.created,
                    cost=_cost(kind, resource),
                    place=place,
                ),
            )


def _cost(kind: str, found: Any) -> str:
    name = found.server_type.name if kind == SERVER and found.server_type else ""
    return f"{COSTS[kind]} ({name})" if name else COSTS.get(kind, "free")
