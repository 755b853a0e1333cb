"""Finds and deletes a machine's resources; see `machsh.api.ResourceProvider`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from machsh.api import CloudResource, MachshError, wait_at_provider
from machsh_digitalocean.do_api import DigitalOceanApi, answer_part, found_or_none

DROPLET, FIREWALL, KEY, TAG = "droplet", "firewall", "key", "tag"
KINDS = (DROPLET, FIREWALL, KEY, TAG)
"""In the order in which they can be deleted."""
PAUSE = 1.0
"""Seconds between two questions whether a droplet is gone."""
_PLACES = {
    DROPLET: ("/droplets", "droplets", "id"),
    FIREWALL: ("/firewalls", "firewalls", "id"),
    KEY: ("/account/keys", "ssh_keys", "id"),
    TAG: ("/tags", "tags", "name"),
}
"""Kind -> path, name of the list in an answer, and the field that identifies one."""

_NUMBER, _WORD = re.compile(r"[0-9]{1,19}"), re.compile(r"[A-Za-z0-9:_.-]{1,255}")


def _place(kind: str) -> tuple[str, str, str]:
    if kind not in _PLACES:
        raise MachshError(f"the record names a {kind}, which this version does not know")
    return _PLACES[kind]


def listed(api: DigitalOceanApi, doing: str, kind: str, **query: str) -> list[dict[str, Any]]:
    """Return everything of a kind that the account has; `query` is for droplets without GPUs only."""
    path, name, _ = _place(kind)
    found = api.every(doing, path, name, **query)
    return found + gpu_droplets(api, doing) if kind == DROPLET else found


def gpu_droplets(api: DigitalOceanApi, doing: str) -> list[dict[str, Any]]:
    """Return the droplets with GPUs, which the provider lists apart, and not by tags."""
    return api.every(doing, "/droplets", "droplets", type="gpus")


def identifier_of(kind: str, found: Mapping[str, Any]) -> str:
    """Return the identifier of a resource. Raises MachshError for one that a record could not hold."""
    identifier = str(found.get(_place(kind)[2]))
    if not (_NUMBER if kind in (DROPLET, KEY) else _WORD).fullmatch(identifier):
        raise MachshError(f"DigitalOcean's answer has a {kind} without an identifier")
    return identifier


def marks_of(kind: str, found: Mapping[str, Any]) -> list[str]:
    """Return the texts of a resource that may contain a mark."""
    if kind in (KEY, TAG):
        return [str(found.get("name", ""))]
    tags = found.get("tags")
    return [str(one) for one in tags] if isinstance(tags, list) else []


class DigitalOceanResources:
    """The resources of one machine, by its mark."""

    def __init__(self, api: DigitalOceanApi, mark: str) -> None:
        self._api = api
        self._mark = mark

    def find(self, resource: CloudResource) -> str:
        """Return its identifier if it exists; without one it is looked for by the machine's mark."""
        kind, doing = resource.kind, f"looking for the {resource.kind} {resource.name}"
        path, _, _ = _place(kind)
        identifier = resource.identifier or (self._mark if kind == TAG else "")
        if identifier:
            found = found_or_none(lambda: self._api.get(doing, f"{path}/{quote(identifier, safe='')}"))
            return identifier if found is not None else ""
        query = {"tag_name": self._mark} if kind == DROPLET else {}
        ours = (one for one in listed(self._api, doing, kind, **query) if self._mark in marks_of(kind, one))
        return next((identifier_of(kind, one) for one in ours), "")

    def delete(self, resource: CloudResource) -> bool:
        """Delete it, and wait until it is gone."""
        return delete(self._api, resource.kind, resource.identifier)


def delete(api: DigitalOceanApi, kind: str, identifier: str) -> bool:
    """Delete something by its identifier, and return whether it was there."""
    doing = f"removing the {kind} {identifier}"
    path = f"{_place(kind)[0]}/{quote(identifier, safe='')}"
    was_there = api.delete(doing, path)
    if was_there and kind == DROPLET:
        wait_at_provider(
            lambda: found_or_none(lambda: api.get(doing, path)) is None, api.deadline, doing, pause=PAUSE
        )
    return was_there


def made(kind: str, answer: Mapping[str, Any], doing: str) -> str:
    """Return the identifier of what a call made."""
    name = {KEY: "ssh_key"}.get(kind, kind)
    return identifier_of(kind, answer_part(doing, answer, name))
