"""Completes option values by asking Azure; called by worker threads of the shell only."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from machsh.api import CompletionContext, Deadline, Environment, MachshError, RecentAnswers
from machsh_azure import azure_catalogue as catalogue
from machsh_azure.azure_api import ENDPOINTS, AzureApi
from machsh_azure.azure_login import AzureLogin, default_subscription
from machsh_azure.azure_options import ENVIRONMENT, LOCATION

_ASK_SECONDS = 30.0
_answers = RecentAnswers()

Words = list[tuple[Any, Any]]


def _answer(what: str, ask: Callable[[AzureApi, str], Words], place: str = "") -> Words:
    """Return an answer of the last ten minutes, else ask. Nothing is offered without a login."""
    environment = Environment.of_process()
    subscription = environment.variable("AZURE_SUBSCRIPTION_ID") or default_subscription(environment)
    cloud = environment.variable("AZURE_ENVIRONMENT") or ENVIRONMENT
    if cloud not in ENDPOINTS or not (subscription or what == "subscriptions"):
        return []
    endpoint = environment.variable("ARM_ENDPOINT") or ENDPOINTS[cloud]

    def asked() -> Words | None:
        try:
            token = AzureLogin(environment, cloud, subscription, endpoint).find_token().value
        except MachshError:
            return None
        return ask(AzureApi(token, Deadline.after(_ASK_SECONDS), endpoint), f"/subscriptions/{subscription}")

    return _answers.get((what, place, subscription), asked)


def _location(context: CompletionContext) -> str:
    """Return the location that the line names, else the variable's."""
    option = "--azure-location"
    words = " ".join(context.arguments).replace(f"{option}=", f"{option} ").split()
    named = [word for before, word in pairwise(words) if before == option]
    return (named or [Environment.of_process().variable("AZURE_LOCATION") or LOCATION])[-1]


def subscriptions(context: CompletionContext) -> Words:
    """Return the subscriptions of the login."""

    def ask(api: AzureApi, subscription: str) -> Words:
        found = api.listed("/subscriptions", "asking for the subscriptions")
        return [(one.get("subscriptionId", ""), one.get("displayName", "")) for one in found]

    return _answer("subscriptions", ask)


def locations(context: CompletionContext) -> Words:
    """Return the locations that the subscription may use."""
    return _answer("locations", lambda api, path: sorted(catalogue.locations(api, path).items()))


def sizes(context: CompletionContext) -> Words:
    """Return the sizes that the subscription may use."""
    place = _location(context)

    def ask(api: AzureApi, subscription: str) -> Words:
        return [(one.name, str(one)) for one in catalogue.offered_sizes(api, subscription, place)]

    return _answer("sizes", ask, place)


def images(context: CompletionContext) -> Words:
    """Return the images of Ubuntu LTS and Debian, the newest first."""
    place = _location(context)
    return _answer(
        "images", lambda api, path: [(one, "") for one in catalogue.newest_images(api, path, place)], place
    )


def resource_groups(context: CompletionContext) -> Words:
    """Return the subscription's resource groups."""

    def ask(api: AzureApi, subscription: str) -> Words:
        found = api.listed(f"{subscription}/resourcegroups", "asking for the resource groups")
        return [(one.get("name", ""), one.get("location", "")) for one in found]

    return _answer("groups", ask)
