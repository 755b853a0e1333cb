"""Completes option values by asking the cloud; called by worker threads of the shell only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from machsh.api import CompletionContext, Deadline, Environment, MachshError, RecentAnswers, UsageError
from machsh_openstack.openstack_api import OpenStackCloud, explained
from machsh_openstack.openstack_catalogue import regions as regions_of
from machsh_openstack.openstack_login import cloud_names as names_of_file
from machsh_openstack.openstack_login import find_secret
from machsh_openstack.openstack_orphans import default_access, login_of

_ASK_SECONDS = 10.0
_answers = RecentAnswers()

Words = list[tuple[Any, Any]]


def _answer(what: str, ask: Callable[[OpenStackCloud], Iterable[tuple[Any, Any]]]) -> Words:
    """Return an answer of the last ten minutes, else ask. Nothing is offered without access."""
    environment = Environment.of_process()
    try:
        record = default_access(environment)
        secret = find_secret(environment, record)
    except UsageError:
        return []

    def asked() -> Iterable[tuple[Any, Any]]:
        return ask(OpenStackCloud(environment, record, secret, Deadline.after(_ASK_SECONDS)))

    with explained("asking OpenStack"):
        return _answers.get((what, login_of(record)), asked)


def cloud_names(context: CompletionContext) -> Words:
    """Return the clouds of clouds.yaml."""
    try:
        return [(one, "") for one in names_of_file(Environment.of_process())]
    except MachshError:
        return []


def regions(context: CompletionContext) -> Words:
    """Return the regions of the catalog."""
    return _answer("regions", lambda cloud: [(one, "") for one in regions_of(cloud)])


def zones(context: CompletionContext) -> Words:
    """Return the availability zones for servers."""
    return _answer("zones", lambda cloud: [(one.name, "") for one in cloud.api.compute.availability_zones()])


def flavors(context: CompletionContext) -> Words:
    """Return the flavors with their sizes."""

    def size(one: Any) -> str:
        return f"{one.vcpus} CPUs, {one.ram} MB, {one.disk} GB"

    return _answer("flavors", lambda cloud: [(one.name, size(one)) for one in cloud.api.compute.flavors()])


def image_names(context: CompletionContext) -> Words:
    """Return the images that can be used, each name once."""

    def ask(cloud: OpenStackCloud) -> Words:
        found = {one.name: one.visibility for one in cloud.api.image.images() if one.status == "active"}
        return sorted((name, kind) for name, kind in found.items() if name)

    return _answer("images", ask)


def networks_here(context: CompletionContext) -> Words:
    """Return the networks."""
    return _answer("networks", lambda cloud: [(one.name, "") for one in cloud.api.network.networks()])


def pools(context: CompletionContext) -> Words:
    """Return the external networks, from which floating addresses come."""
    return _answer(
        "pools",
        lambda cloud: [(one.name, "") for one in cloud.api.network.networks() if one.is_router_external],
    )


def security_groups(context: CompletionContext) -> Words:
    """Return the project's security groups."""
    return _answer(
        "groups", lambda cloud: [(one.name, one.description) for one in cloud.api.network.security_groups()]
    )
