"""Finds and removes what was made for machines that no record knows any more, by labels and descriptions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.api import (
    CloudResource,
    CloudTags,
    Deadline,
    DriverContext,
    MachshError,
    Orphan,
    store_id,
)
from machsh_google.gce_api import Answer, GceApi, doing, last_part
from machsh_google.gce_credentials import find_login, find_project
from machsh_google.gce_resources import DISK, INSTANCE, RULE, delete, tags_of

if TYPE_CHECKING:
    from machsh_google.driver import GoogleDriver

COSTS = {INSTANCE: "per hour", DISK: "per GB and month", RULE: "free"}
_LABELLED = "labels.machsh-owner:*"
Place = tuple[str, str, str]
"""Project, file of credentials, endpoint."""


def find(context: DriverContext, store: Path, known: Sequence[GoogleDriver]) -> list[Orphan]:
    """Return what is marked as a machine's, and whose token no known record has.

    Asked are the projects of the known machines, and the one that a new machine would be made in.
    """
    owners = {one.record.owner for one in known if one.record.owner}
    found = dict[str, Orphan]()
    for place, is_machines in _places(context, known).items():
        try:
            api = _api(context, place)
            with doing("asking for what is left over"):
                for tags, orphan in _marked(api, place, store_id(store)):
                    if tags.owner not in owners:
                        found.setdefault(f"{orphan.kind} {orphan.identifier}", orphan)
        except MachshError as error:
            say = context.progress.warning if is_machines else context.progress.debug
            say(f"the project {place[0]} cannot be asked: {error}")
    return list(found.values())


def _places(context: DriverContext, known: Sequence[GoogleDriver]) -> dict[Place, bool]:
    """Return each place, and whether the user has asked for it or has machines there."""
    found: dict[Place, bool] = {}
    variable = context.environment.variable
    endpoint = variable("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE") or ""
    named = variable("GOOGLE_PROJECT") or ""
    if project := named or find_project(context.environment):
        found[project, "", endpoint] = bool(named)
    for one in known:
        record = one.record
        found[record.project, record.credentials_file, record.endpoint] = True
    return found


def _api(context: DriverContext, place: Place) -> GceApi:
    project, file, endpoint = place
    login = find_login(context.environment, file)
    return GceApi(project, login, Deadline.after(context.seconds), endpoint, context.progress.debug)


def _marked(api: GceApi, place: Place, identity: str) -> Iterator[tuple[CloudTags, Orphan]]:
    # Instances first: what belongs to them can go only after them.
    for kind, found in (
        (INSTANCE, api.everywhere("instances", filter=_LABELLED)),
        (DISK, api.everywhere("disks", filter=_LABELLED)),
        (RULE, api.items(api.path("global", "firewalls"))),
    ):
        for one in found:
            tags = tags_of(one)
            if tags is not None:
                yield tags, _orphan(kind, one, tags, place, identity)


def _orphan(kind: str, found: Answer, tags: CloudTags, place: Place, identity: str) -> Orphan:
    zone = last_part(str(found.get("zone") or ""))
    size = last_part(str(found.get("machineType") or "")) or str(found.get("sizeGb") or "")
    cost = COSTS[kind] + (f" ({size}{' GB' if kind == DISK else ''})" if size else "")
    try:
        since = datetime.fromisoformat(str(found.get("creationTimestamp")))
    except ValueError:
        since = None
    return Orphan(
        str(found["name"]),
        kind,
        str(found.get("id")),
        tags.machine,
        since if since and since.tzinfo else None,
        cost,
        store="" if tags.store == identity else tags.store or "an unknown store",
        place=json.dumps([*place, zone]),
    )


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Delete an orphan by its name and number, in the project where it was found."""
    project, file, endpoint, zone = map(str, json.loads(orphan.place))
    delete(
        _api(context, (project, file, endpoint)),
        CloudResource(orphan.kind, orphan.name, orphan.identifier, zone),
    )
