"""Finds and removes what was made for machines that no record knows any more, by the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from machsh.api import (
    OWNER_TAG,
    CloudOrphans,
    Deadline,
    DriverContext,
    FoundCredential,
    MachshError,
    Orphan,
)
from machsh_hetzner.cloud import HetznerCloud, explained
from machsh_hetzner.resources import COSTS, FIREWALL, KEY, SERVER, client_of, delete, tags_of
from machsh_hetzner.settings import HetznerRecord
from machsh_hetzner.token import TOKEN

Known = Sequence[tuple[Callable[[], FoundCredential], HetznerRecord]]


def find(context: DriverContext, store: Path, known: Known) -> list[Orphan]:
    """Return what carries a machine's labels, and whose token no known record has.

    Asked are the projects of the known machines, and the one that a new machine would be made in.
    """
    search = CloudOrphans(context, store, (record.owner for _, record in known))
    for (token, endpoint), place in _projects(context, known).items():
        cloud = HetznerCloud(token, Deadline.after(context.seconds), endpoint, context.progress.debug)
        with search.asking(place or "the project"), explained("asking for what is left over"):
            _look(search, cloud, place)
    return search.orphans


def _projects(context: DriverContext, known: Known) -> dict[tuple[str, str], str]:
    """Return (token, endpoint) -> the place by which `remove` finds the project again."""
    found: dict[tuple[str, str], str] = {}
    environment = context.environment
    endpoint = environment.variable("HCLOUD_ENDPOINT") or ""
    try:
        found[TOKEN.find(environment).value, endpoint] = f" {endpoint}".rstrip()
    except MachshError as error:
        context.progress.debug(f"hetzner: {error}; {error.hint}")
    for credential, record in known:
        try:
            place = f"{record.context} {record.endpoint}".rstrip()
            found.setdefault((credential().value, record.endpoint), place)
        except MachshError as error:
            context.progress.warning(f"the project of {record.machine_name} cannot be asked: {error}")
    return found


def _look(search: CloudOrphans, cloud: HetznerCloud, place: str) -> None:
    # Servers first: what belongs to them can go only after them.
    for kind in (SERVER, KEY, FIREWALL):
        for one in client_of(cloud, kind).get_all(label_selector=OWNER_TAG):
            search.add(
                tags_of(one),
                name=one.name,
                kind=kind,
                identifier=str(one.id),
                since=one.created,
                cost=_cost(kind, one),
                place=place,
            )


def _cost(kind: str, found: Any) -> str:
    name = found.server_type.name if kind == SERVER and found.server_type else ""
    return f"{COSTS[kind]} ({name})" if name else COSTS.get(kind, "free")


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Delete an orphan by its number, in the project where it was found."""
    name, _, endpoint = orphan.place.partition(" ")
    token = TOKEN.find(context.environment, context=name).value
    cloud = HetznerCloud(token, Deadline.after(context.seconds), endpoint, context.progress.debug)
    delete(cloud, orphan.kind, int(orphan.identifier))
