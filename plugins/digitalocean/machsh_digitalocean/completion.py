"""Completes option values by asking the provider; called by worker threads of the shell only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machsh.api import CompletionContext, Deadline, Environment, RecentAnswers, UsageError
from machsh_digitalocean import do_catalogue
from machsh_digitalocean.do_api import DigitalOceanApi
from machsh_digitalocean.do_login import TOKEN
from machsh_digitalocean.do_settings import checked_endpoint

_ASK_SECONDS = 10.0
_ASKING = "asking DigitalOcean"
_answers = RecentAnswers()

Words = list[tuple[Any, Any]]


def _answer(what: str, ask: Callable[[DigitalOceanApi], Words]) -> Words:
    """Return an answer of the last ten minutes, else ask. Nothing is offered without a token."""
    environment = Environment.of_process()
    try:
        token = TOKEN.find(environment).value
        endpoint = checked_endpoint(environment.variable("DIGITALOCEAN_API_URL") or "")
    except UsageError:
        return []
    return _answers.get(
        (what, hash((token, endpoint))),
        lambda: ask(DigitalOceanApi(token, Deadline.after(_ASK_SECONDS), endpoint)),
    )


def regions(context: CompletionContext) -> Words:
    """Return the regions where droplets can be made."""
    return _answer(
        "regions", lambda api: [(one.get("slug"), one.get("name")) for one in do_catalogue.regions(api)]
    )


def sizes(context: CompletionContext) -> Words:
    """Return the sizes that are sold, with their price."""
    return _answer("sizes", lambda api: [_size(one) for one in do_catalogue.sizes(api)])


def _size(size: dict[str, Any]) -> tuple[Any, str]:
    memory = do_catalogue.number(size, "memory") / 1024
    cost = do_catalogue.price(size)
    return size.get("slug"), f"{size.get('vcpus')} CPUs, {memory:g} GB, {cost:.5f} USD an hour"


def images(context: CompletionContext) -> Words:
    """Return the provider's images of distributions."""

    def ask(api: DigitalOceanApi) -> Words:
        found = do_catalogue.distributions(api)
        return [(one.get("slug"), f"{one.get('distribution')} {one.get('name')}") for one in found]

    return _answer("images", ask)


def volume_names(context: CompletionContext) -> Words:
    """Return the account's volumes."""

    def ask(api: DigitalOceanApi) -> Words:
        found = api.every(_ASKING, "/volumes", "volumes")
        return [(one.get("name"), f"{one.get('size_gigabytes')} GB") for one in found]

    return _answer("volumes", ask)


def vpc_names(context: CompletionContext) -> Words:
    """Return the account's VPCs."""

    def ask(api: DigitalOceanApi) -> Words:
        found = api.every(_ASKING, "/vpcs", "vpcs")
        return [(one.get("name"), f"{one.get('region')}, {one.get('ip_range')}") for one in found]

    return _answer("vpcs", ask)
