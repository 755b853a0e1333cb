"""Finds and deletes a machine's resources; see `machsh.api.ResourceProvider`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from machsh.api import CloudResource, CloudTags, MachshError, reading_answer, tag_value
from machsh_google.gce_api import WHO, Answer, GceApi, doing

INSTANCE, DISK, RULE, ACCESS = "instance", "disk", "firewall", "access"
"""Kinds of resources; the last is what an instance of the user's was given: key and network tag."""
_COLLECTIONS = {INSTANCE: "instances", DISK: "disks", RULE: "firewalls"}
_PAIR = re.compile(r"(machsh-[a-z]+)=([A-Za-z0-9_.-]*)")
_ALLOWED = re.compile(r"[^a-z0-9_-]")


def labels_of(tags: CloudTags) -> dict[str, str]:
    """Return a machine's tags as labels, whose values Google takes in small letters."""
    return {key: _ALLOWED.sub("-", value.lower()) for key, value in tags.to_dict().items()}


def description_of(tags: CloudTags) -> str:
    """Return a machine's tags as the description of a firewall rule, which has no labels."""
    return " ".join(f"{key}={value}" for key, value in labels_of(tags).items())


def tags_of(found: Answer) -> CloudTags | None:
    """Return the tags of something at Google; None if it is not marked as a machine's."""
    labels = found.get("labels")
    if isinstance(labels, Mapping):
        return CloudTags.from_dict({str(key): tag_value(str(value)) for key, value in labels.items()})
    return CloudTags.from_dict(dict(_PAIR.findall(str(found.get("description") or ""))))


def path_of(api: GceApi, kind: str, name: str, zone: str) -> str:
    """Return the path of a resource. Raises MachshError for a kind that a newer version made."""
    if kind not in _COLLECTIONS:
        raise MachshError(f"the record names a {kind}, which this version does not know")
    return api.path(*(("global",) if kind == RULE else ("zones", zone)), _COLLECTIONS[kind], name)


class GceResources:
    """The resources of one machine, in its project. Identifiers are Google's numbers.

    Those of what docker-machine made are names: its records have no numbers.
    """

    def __init__(self, api: GceApi, tags: CloudTags) -> None:
        self._api = api
        self._tags = tags

    def find(self, resource: CloudResource) -> str:
        """Return its number if it exists; without one it is looked for by name and the machine's tags."""
        if resource.kind == ACCESS:
            return resource.name  # giving and taking access can both be repeated
        with doing(f"looking for the {resource.kind} {resource.name}"):
            path = path_of(self._api, resource.kind, resource.name, resource.region)
            found = self._api.found_or_none(path)
        if found is None:
            return ""
        if resource.identifier and not resource.identifier.isdigit():
            return resource.identifier
        number, tags = str(found.get("id")), tags_of(found)
        is_ours = tags is not None and tags.owner == self._tags.owner
        return number if (number == resource.identifier if resource.identifier else is_ours) else ""

    def delete(self, resource: CloudResource) -> bool:
        """Delete it, and wait until it is gone; return whether it was there."""
        if resource.kind == ACCESS:
            from machsh_google.gce_existing import take_access

            take_access(self._api, resource.region, resource.name, self._tags)
            return True
        return delete(self._api, resource)


def delete(api: GceApi, resource: CloudResource) -> bool:
    """Delete something by its name, if it still has its number; return whether it was there."""
    path = path_of(api, resource.kind, resource.name, resource.region)
    what = f"removing the {resource.kind} {resource.name}"
    with doing(what):
        found = api.found_or_none(path)
        if found is None or (resource.identifier.isdigit() and str(found.get("id")) != resource.identifier):
            return False
        operation = api.delete(path)
        api.wait(operation, what)
    return operation is not None


@reading_answer("the instance's addresses", WHO)
def addresses(instance: Answer) -> tuple[str, str]:
    """Return the internal and the external address of an instance; "" for none."""
    nics: list[Any] = instance.get("networkInterfaces") or [{}]
    first = nics[0] if isinstance(nics[0], dict) else {}
    given = first.get("accessConfigs") or [{}]
    return str(first.get("networkIP") or ""), str(given[0].get("natIP") or "")
