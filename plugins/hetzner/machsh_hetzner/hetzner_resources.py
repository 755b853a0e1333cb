"""Finds and deletes a machine's resources; see `machsh.api.ResourceProvider`."""

from __future__ import annotations

from typing import Any

from machsh.api import OWNER_TAG, CloudResource, CloudTags, MachshError
from machsh_hetzner.hetzner_api import HetznerCloud, explained, found_or_none

SERVER, KEY, FIREWALL, PLACEMENT = "server", "key", "firewall", "placement-group"
PAUSE = 0.3
"""Seconds between two questions whether a server is gone."""
COSTS = {SERVER: "per hour"}
"""Kind -> its cost class; the others are free."""


def client_of(cloud: HetznerCloud, kind: str) -> Any:
    """Return the library's client for a kind."""
    api = cloud.api
    clients = {
        SERVER: api.servers,
        KEY: api.ssh_keys,
        FIREWALL: api.firewalls,
        PLACEMENT: api.placement_groups,
    }
    if kind not in clients:
        raise MachshError(f"the record names a {kind}, which this version does not know")
    return clients[kind]


class HetznerResources:
    """The resources of one machine, in its project."""

    def __init__(self, cloud: HetznerCloud, tags: CloudTags) -> None:
        self._cloud = cloud
        self._tags = tags

    def find(self, resource: CloudResource) -> str:
        """Return its number if it exists; without one it is looked for by name and the machine's labels."""
        client = client_of(self._cloud, resource.kind)
        with explained(f"looking for the {resource.kind} {resource.name}"):
            if resource.identifier:
                found = found_or_none(lambda: client.get_by_id(int(resource.identifier)))
            else:
                found = client.get_by_name(resource.name)
            is_ours = found is not None and (bool(resource.identifier) or self._is_ours(found))
        return str(found.id) if found is not None and is_ours else ""

    def _is_ours(self, found: Any) -> bool:
        # A placement group is for all servers of the store, and has no machine's token.
        labels, own = found.labels or {}, self._tags.to_dict()
        return (
            bool(labels)
            and all(labels.get(key) == own[key] for key in own if key in labels)
            and bool(labels.keys() & own.keys())
        )

    def delete(self, resource: CloudResource) -> bool:
        """Delete it, and wait until it is gone: a firewall cannot go before its server."""
        return delete(self._cloud, resource.kind, int(resource.identifier))


def delete(cloud: HetznerCloud, kind: str, number: int) -> bool:
    """Delete something by its number, and return whether it was there.

    A placement group in use is left alone.
    """
    client = client_of(cloud, kind)
    with explained(f"removing the {kind} {number}"):
        found = found_or_none(lambda: client.get_by_id(number))
        if found is None:
            return False
        if kind == PLACEMENT and found.servers:
            return True
        action = found_or_none(lambda: cloud.patiently(lambda: client.delete(found)))
        if kind == SERVER and action is not None:
            found_or_none(lambda: cloud.wait(action, f"removing the server {number}", PAUSE))
    return action is not None


def tags_of(found: Any) -> CloudTags | None:
    """Return the tags of something at the provider; None if it is not marked as a machine's."""
    labels = found.labels or {}
    return CloudTags.from_dict(labels) if labels.get(OWNER_TAG) else None
