"""Completes option values by asking Google; called by worker threads of the shell only."""

from __future__ import annotations

import io
from collections.abc import Callable

from machsh.api import CompletionContext, Deadline, Environment, RecentAnswers, UsageError, given_value
from machsh_google import gce_images
from machsh_google.gce_api import GceApi
from machsh_google.gce_login import find_login, find_project
from machsh_google.gce_options import ZONE
from machsh_google.gce_placement import machine_types as types_of
from machsh_google.gce_placement import size_of

_ASK_SECONDS = 10.0
Words = list[tuple[str, str]]
_answers = RecentAnswers()


def zones(context: CompletionContext) -> Words:
    """Return the zones that are up."""

    def ask(api: GceApi) -> Words:
        found = api.items(api.path("zones"))
        return [(str(one["name"]), "") for one in found if one.get("status") == "UP"]

    return _answer(context, "zones", ask)


def machine_types(context: CompletionContext) -> Words:
    """Return the zone's machine types, with their size."""
    zone = _zone(context)

    def ask(api: GceApi) -> Words:
        return [(str(one["name"]), size_of(one)) for one in types_of(api, zone)]

    return _answer(context, f"types {zone}", ask)


def disk_types(context: CompletionContext) -> Words:
    """Return the zone's types of disks."""
    zone = _zone(context)

    def ask(api: GceApi) -> Words:
        found = api.items(api.path("zones", zone, "diskTypes"))
        return [(str(one["name"]), str(one.get("validDiskSize") or "")) for one in found]

    return _answer(context, f"disks {zone}", ask)


def images(context: CompletionContext) -> Words:
    """Return the families of Ubuntu's and Debian's current images."""

    def ask(api: GceApi) -> Words:
        found: dict[str, str] = {}
        for project in (gce_images.UBUNTU, gce_images.DEBIAN):
            for one in gce_images.catalogue(api, project):
                found[f"{project}/global/images/family/{one['family']}"] = str(one["name"])
        return sorted(found.items())

    return _answer(context, "images", ask)


def network_names(context: CompletionContext) -> Words:
    """Return the project's networks."""

    def ask(api: GceApi) -> Words:
        return [(str(one["name"]), "") for one in api.items(api.path("global", "networks"))]

    return _answer(context, "networks", ask)


def _given(context: CompletionContext, option: str, variable: str) -> str:
    return given_value(f"google-{option}", context.arguments, context.variables, variable)


def _zone(context: CompletionContext) -> str:
    return _given(context, "zone", "GOOGLE_ZONE") or ZONE


def _answer(context: CompletionContext, what: str, ask: Callable[[GceApi], Words]) -> Words:
    """Return an answer of the last ten minutes, else ask; nothing without a login and a project."""
    environment = Environment(io.StringIO(), io.StringIO(), io.StringIO(), dict(context.variables))
    file = _given(context, "credentials-file", "GOOGLE_APPLICATION_CREDENTIALS")
    endpoint = _given(context, "endpoint", "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE")
    project = _given(context, "project", "GOOGLE_PROJECT") or find_project(environment, file)

    def asked() -> Words | None:
        try:
            login = find_login(environment, file)
        except UsageError:
            return None
        return ask(GceApi(project, login, Deadline.after(_ASK_SECONDS), endpoint)) if project else None

    return _answers.get((what, project, file, endpoint), asked)
