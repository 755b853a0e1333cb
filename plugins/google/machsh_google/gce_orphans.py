"""Finds and removes orphaned resources by their labels and descriptions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.api import (
    CloudOrphans,
    CloudResource,
    Deadline,
    DriverContext,
    MachshError,
    Orphan,
    provider_time,
)
from machsh_google.gce_api import Answer, GceApi, doing, last_part
from machsh_google.gce_login import find_login, find_project
from machsh_google.gce_resources import DISK, INSTANCE, RULE, delete, tags_of

if TYPE_CHECKING:
    from machsh_google.driver import GoogleDriver

COSTS = {INSTANCE: "per hour", DISK: "per GB and month", RULE: "free"}
_LABELLED = "labels.machsh-owner:*"
Place = tuple[str, str, str]
"""Project, file of credentials, endpoint."""


def find(context: DriverContext, store: Path, known: Sequence[GoogleDriver]) -> list[Orphan]:
    """Return the resources marked as a machine's whose token is in no known record.

    Asked are the projects of the known machines, and the one that a new machine would be made in.
    """
    search = CloudOrphans(context, store, (one.record.owner for one in known))
    for place, is_in_use in _places(context, known).items():
        who = f"the project {place[0]}"
        with search.asking(who, is_in_use=is_in_use), doing("asking for what is left over"):
            _look(search, _api(context, place), place)
    return search.orphans


def _places(context: DriverContext, known: Sequence[GoogleDriver]) -> dict[Place, bool]:
    """Return each place, and whether the user has asked for it or has machines there."""
    found: dict[Place, bool] = {}
    variable = context.environment.variable
    endpoint = variable("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE") or ""
    named = variable("GOOGLE_PROJECT") or ""
    if project := named or find_project(context.environment):
        found[project, "", endpoint] = bool(named)
    else:
        error = MachshError("no project is named", hint="set GOOGLE_PROJECT")
        context.cannot_ask("the project of a new machine", error, is_in_use=False)
    for one in known:
        record = one.record
        found[record.project, record.credentials_file, record.endpoint] = True
    return found


def _api(context: DriverContext, place: Place) -> GceApi:
    project, file, endpoint = place
    login = find_login(context.environment, file)
    return GceApi(project, login, Deadline.after(context.seconds), endpoint, context.progress.debug)


def _look(search: CloudOrphans, api: GceApi, place: Place) -> None:
    # Instances first: what belongs to them can go only after them.
    for kind, found in (
        (INSTANCE, api.everywhere("instances", filter=_LABELLED)),
        (DISK, api.everywhere("disks", filter=_LABELLED)),
        (RULE, api.items(api.path("global", "firewalls"))),
    ):
        for one in found:
            search.add(
                tags_of(one),
                Orphan(
                    name=str(one["name"]),
                    kind=kind,
                    identifier=str(one.get("id")),
                    since=provider_time(one.get("creationTimestamp")),
                    cost=_cost(kind, one),
                    place=json.dumps([*place, last_part(str(one.get("zone") or ""))]),
                ),
            )


def _cost(kind: str, found: Answer) -> str:
    size = last_part(str(found.get("machineType") or "")) or str(found.get("sizeGb") or "")
    return COSTS[kind] + (f" ({size}{' GB' if kind == DISK else ''})" if size else "")


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Delete an orphan by its name and number, in the project where it was found."""
    project, file, endpoint, zone = map(str, json.loads(orphan.place))
    delete(
        _api(context, (project, file, endpoint)),
        CloudResource(orphan.kind, orphan.name, orphan.identifier, zone),
    )
