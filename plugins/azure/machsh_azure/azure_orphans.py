"""Finds and removes orphaned resources by their tags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from machsh.api import (
    OWNER_TAG,
    CloudOrphans,
    CloudTags,
    Deadline,
    DriverContext,
    MachshError,
    Orphan,
    UsageError,
    provider_time,
)
from machsh_azure.azure_answers import part
from machsh_azure.azure_api import ENDPOINTS, AzureApi
from machsh_azure.azure_login import AzureLogin, default_subscription
from machsh_azure.azure_options import ENVIRONMENT
from machsh_azure.azure_record import AzureRecord
from machsh_azure.azure_resources import COSTS, TYPES, destroy

_KINDS = {path.lower(): kind for kind, path in TYPES.items()}


def find(context: DriverContext, store: Path, known: Sequence[AzureRecord]) -> list[Orphan]:
    """Return what carries a machine's tags, and whose token no known record has.

    Asked are the subscriptions of the known machines, and the one that a new machine would be made in.
    """
    search = CloudOrphans(context, store, (one.owner for one in known))
    for place in _places(context, known):
        who = f"the subscription {place.split()[0]}"
        with search.asking(who, is_in_use=bool(known), quiet=UsageError):
            _look(search, _api(context, place), place)
    ranks = list(TYPES)
    return sorted(search.orphans, key=lambda one: (ranks.index(one.kind), one.name))


def _places(context: DriverContext, known: Sequence[AzureRecord]) -> list[str]:
    """Return `SUBSCRIPTION ENVIRONMENT [ENDPOINT]` of each, once."""
    environment = context.environment
    found = [
        f"{one.subscription_id} {one.environment or ENVIRONMENT} {one.endpoint}".rstrip()
        for one in known
        if one.subscription_id
    ]
    usual = environment.variable("AZURE_SUBSCRIPTION_ID") or default_subscription(environment)
    if usual:
        cloud = environment.variable("AZURE_ENVIRONMENT") or ENVIRONMENT
        found.append(f"{usual} {cloud} {environment.variable('ARM_ENDPOINT') or ''}".rstrip())
    else:
        error = MachshError("no subscription is named", hint="set AZURE_SUBSCRIPTION_ID, or: az account set")
        context.cannot_ask("the subscription of a new machine", error, is_in_use=False)
    return list(dict.fromkeys(found))


def _api(context: DriverContext, place: str) -> AzureApi:
    subscription, cloud, *more = place.split()
    if cloud not in ENDPOINTS:
        raise MachshError(f"Azure has no environment {cloud}")
    endpoint = more[0] if more else ENDPOINTS[cloud]
    token = AzureLogin(context.environment, cloud, subscription, endpoint).find_token().value
    return AzureApi(token, Deadline.after(context.seconds), endpoint, context.progress.debug)


def _look(search: CloudOrphans, api: AzureApi, place: str) -> None:
    path = f"/subscriptions/{place.split()[0]}/resources"
    query = {"$filter": f"tagName eq '{OWNER_TAG}'", "$expand": "createdTime"}
    for resource in api.listed(path, "asking for what is left over", **query):
        tags = CloudTags.from_dict({key: str(value) for key, value in part(resource, "tags").items()})
        kind = _KINDS.get(str(resource.get("type", "")).lower())
        if kind is None:
            continue
        search.add(
            tags,
            Orphan(
                name=str(resource.get("name", "")),
                kind=kind,
                identifier=str(resource.get("id", "")),
                since=provider_time(resource.get("createdTime")),
                cost=COSTS.get(kind, "free"),
                place=place,
            ),
        )


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Delete an orphan by its path, in the subscription where it was found."""
    destroy(_api(context, orphan.place), orphan.kind, orphan.identifier)
