"""Completes option values by asking the provider; called by worker threads of the shell only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machsh.api import CompletionContext, Deadline, Environment, RecentAnswers, UsageError
from machsh_hetzner.hetzner_api import HetznerCloud, explained
from machsh_hetzner.hetzner_catalogue import is_sold, price
from machsh_hetzner.hetzner_login import TOKEN

_ASK_SECONDS = 10.0
_answers = RecentAnswers()

Words = list[tuple[Any, Any]]


def _answer(what: str, ask: Callable[[HetznerCloud], Words]) -> Words:
    """Return an answer of the last ten minutes, else ask. Nothing is offered without a token."""
    environment = Environment.of_process()
    try:
        token = TOKEN.find(environment).value
    except UsageError:
        return []
    endpoint = environment.variable("HCLOUD_ENDPOINT") or ""
    with explained("asking Hetzner"):
        return _answers.get(
            (what, hash(token)), lambda: ask(HetznerCloud(token, Deadline.after(_ASK_SECONDS), endpoint))
        )


def server_types(context: CompletionContext) -> Words:
    """Return the server types that are sold, with size and price."""
    return _answer(
        "types", lambda cloud: [_type(one) for one in cloud.api.server_types.get_all() if is_sold(one)]
    )


def _type(server_type: Any) -> tuple[str, str]:
    cost = price(server_type, "")
    shown = f", {cost:.4f} EUR an hour" if cost is not None else ""
    return (
        server_type.name,
        f"{server_type.cores} CPUs, {server_type.memory:g} GB, {server_type.architecture}{shown}",
    )


def locations(context: CompletionContext) -> Words:
    """Return the locations."""
    return _answer("locations", lambda cloud: [(one.name, one.city) for one in cloud.api.locations.get_all()])


def images(context: CompletionContext) -> Words:
    """Return the provider's own images, each name once."""

    def ask(cloud: HetznerCloud) -> Words:
        found = cloud.api.images.get_all(type=["system"])
        return sorted({one.name: one.description for one in found if one.name}.items())

    return _answer("images", ask)


def network_names(context: CompletionContext) -> Words:
    """Return the project's networks."""
    return _answer(
        "networks", lambda cloud: [(one.name, one.ip_range) for one in cloud.api.networks.get_all()]
    )


def volume_names(context: CompletionContext) -> Words:
    """Return the project's volumes."""
    return _answer(
        "volumes", lambda cloud: [(one.name, f"{one.size} GB") for one in cloud.api.volumes.get_all()]
    )


def firewall_names(context: CompletionContext) -> Words:
    """Return the project's firewalls."""
    return _answer("firewalls", lambda cloud: [(one.name, "") for one in cloud.api.firewalls.get_all()])
