"""Finds and deletes a machine's resources; see `machsh.api.ResourceProvider`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from machsh.api import CloudResource, CloudTags, MachshError, wait_at_provider
from machsh_openstack import openstack_api
from machsh_openstack.openstack_api import OpenStackCloud, explained, found_or_none

SERVER, KEY, GROUP, ADDRESS, VOLUME = "server", "key", "security-group", "floating-address", "volume"
KINDS = (ADDRESS, SERVER, VOLUME, GROUP, KEY)
"""In the order in which they can be removed."""
COSTS = {SERVER: "per hour", ADDRESS: "per hour", VOLUME: "per GB"}
"""Kind -> its cost class; the others are free."""
_KEY_NAME = re.compile(r"machsh-(.+)-([0-9a-f]{16})-([0-9a-f]{8,64})")
_TAG = re.compile(r"(machsh-[a-z]+)=(\S*)")


def key_name(tags: CloudTags) -> str:
    """Return a key pair's name, which must say all: key pairs have neither tags nor descriptions."""
    machine = re.sub(r"[^A-Za-z0-9_-]", "_", tags.machine)[:120]
    return f"machsh-{machine}-{tags.owner}-{tags.store}"


def description(tags: CloudTags) -> str:
    """Return the tags as a description, which can be given with the call that makes something."""
    return " ".join(f"{key}={value}" for key, value in tags.to_dict().items())


def tags_of(kind: str, found: Any) -> CloudTags | None:
    """Return the tags of something in the cloud; None if it is not marked as a machine's."""
    if kind == KEY:
        match = _KEY_NAME.fullmatch(str(found.name))
        return CloudTags(match[1], match[3], match[2]) if match else None
    if kind in (SERVER, VOLUME):
        source = {str(key): str(value) for key, value in (found.metadata or {}).items()}
    else:
        source = dict(_TAG.findall(str(found.description or "")))
    return CloudTags.from_dict(source)


def all_of(cloud: OpenStackCloud, kind: str) -> Iterable[Any]:
    """Return the project's things of a kind; key pairs are the user's."""
    api = cloud.api
    calls: dict[str, Callable[[], Iterable[Any]]] = {
        SERVER: api.compute.servers,
        KEY: api.compute.keypairs,
        GROUP: api.network.security_groups,
        ADDRESS: api.network.ips,
        VOLUME: api.block_storage.volumes,
    }
    return calls[kind]()


def _getter(cloud: OpenStackCloud, kind: str) -> Callable[[str], Any]:
    api = cloud.api
    getters: dict[str, Callable[[str], Any]] = {
        SERVER: lambda identifier: api.compute.get_server(identifier),
        KEY: lambda identifier: api.compute.get_keypair(identifier),
        GROUP: lambda identifier: api.network.get_security_group(identifier),
        ADDRESS: lambda identifier: api.network.get_ip(identifier),
        VOLUME: lambda identifier: api.block_storage.get_volume(identifier),
    }
    if kind not in getters:
        raise MachshError(f"the record names a {kind}, which this version does not know")
    return getters[kind]


class OpenStackResources:
    """The resources of one machine, in its project."""

    def __init__(self, cloud: OpenStackCloud, tags: CloudTags) -> None:
        self._cloud = cloud
        self._tags = tags

    def find(self, resource: CloudResource) -> str:
        """Return its identifier if it exists; without one it is looked for by the machine's tags."""
        kind = resource.kind
        get = _getter(self._cloud, kind)
        with explained(f"looking for the {kind} {resource.name}"):
            identifier = resource.name if kind == KEY else resource.identifier
            if identifier:
                return identifier if is_there(found_or_none(lambda: get(identifier))) else ""
            found = (one for one in all_of(self._cloud, kind) if self._is_ours(kind, one) and is_there(one))
            return next((str(one.id) for one in found), "")

    def _is_ours(self, kind: str, found: Any) -> bool:
        tags = tags_of(kind, found)
        return tags is not None and tags.owner == self._tags.owner

    def delete(self, resource: CloudResource) -> bool:
        """Delete it, and wait until it is gone: a group cannot go before its server."""
        return delete(self._cloud, resource.kind, resource.identifier)


def is_there(found: Any) -> bool:
    """Whether something exists; a server that waits for its final removal does not."""
    return found is not None and getattr(found, "status", "") not in ("DELETED", "SOFT_DELETED")


def delete(cloud: OpenStackCloud, kind: str, identifier: str) -> bool:
    """Delete something by its identifier, and wait until it is gone; return whether it was there."""
    get, api = _getter(cloud, kind), cloud.api
    calls: dict[str, Callable[[], Any]] = {
        SERVER: lambda: api.compute.delete_server(identifier, ignore_missing=False),
        KEY: lambda: api.compute.delete_keypair(identifier, ignore_missing=False),
        GROUP: lambda: api.network.delete_security_group(identifier, ignore_missing=False),
        ADDRESS: lambda: api.network.delete_ip(identifier, ignore_missing=False),
        VOLUME: lambda: api.block_storage.delete_volume(identifier, ignore_missing=False),
    }
    with explained(f"removing the {kind} {identifier}"):
        call = calls[kind]
        # What still uses it, such as a server that is just going, holds it up for a moment; Cinder says
        # that with 400.
        busy = {VOLUME: (400, 409), GROUP: (409,), ADDRESS: (409,)}.get(kind, ())
        was_there = found_or_none(lambda: cloud.patiently(lambda: (call(),), busy)) is not None
        if was_there and kind in (SERVER, VOLUME):
            _wait_gone(cloud, kind, identifier, get)
    return was_there


def _wait_gone(cloud: OpenStackCloud, kind: str, identifier: str, get: Callable[[str], Any]) -> None:
    found: Any = None

    def is_gone() -> bool:
        nonlocal found
        found = found_or_none(lambda: get(identifier))
        if found is not None and found.status == "error_deleting":
            raise MachshError(f"the cloud could not remove the {kind} {identifier}: it is {found.status}")
        return not is_there(found)

    wait_at_provider(
        is_gone,
        cloud.deadline,
        f"the removal of the {kind} {identifier}",
        lambda: f"it is {found.status}",
        openstack_api.PAUSE,
    )
