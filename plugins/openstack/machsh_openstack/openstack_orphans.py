"""Finds and removes orphaned resources by their tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from machsh.api import (
    CloudOrphans,
    Deadline,
    DriverContext,
    Environment,
    FoundCredential,
    MachshError,
    Orphan,
    provider_time,
)
from machsh_openstack.openstack_api import OpenStackCloud, explained
from machsh_openstack.openstack_login import fill_access, find_secret
from machsh_openstack.openstack_record import OpenStackRecord
from machsh_openstack.openstack_resources import COSTS, KINDS, VOLUME, all_of, delete, tags_of
from machsh_openstack.openstack_settings import values_of

VOLUME_SERVICES = frozenset({"block-storage", "block-store", "volumev3"})
"""Types by which catalogs have Cinder, which not every cloud has."""
Known = Sequence[tuple[OpenStackRecord, Callable[[], FoundCredential]]]
_LOGIN = (
    "cloud", "region", "auth_url", "username", "tenant_name", "tenant_id", "domain_id", "domain_name",
    "user_domain", "project_domain", "application_credential", "endpoint_type", "ca_cert",
)  # fmt: skip
"""The record's fields that say where and as whom to log in."""


def login_of(record: OpenStackRecord) -> str:
    """Return a record's access fields as one text, without secrets."""
    found = {key: getattr(record, key) for key in _LOGIN if getattr(record, key)}
    return urlencode({**found, "insecure": "yes"} if record.insecure else found)


def _record_of(login: str) -> OpenStackRecord:
    content = dict(parse_qsl(login))
    record = OpenStackRecord(**{key: value for key, value in content.items() if key in _LOGIN})  # type: ignore[arg-type]
    record.insecure = content.get("insecure") == "yes"
    return record


def default_access(environment: Environment) -> OpenStackRecord:
    """Return where a machine would be made without options. Raises UsageError if nothing says it."""
    record = OpenStackRecord()
    fill_access(record, values_of(environment), environment)
    return record


def find(context: DriverContext, store: Path, known: Known) -> list[Orphan]:
    """Return what carries a machine's tags, and whose token no known record has.

    Asked are the projects of the known machines, and the one that a new machine would be made in.
    """
    search = CloudOrphans(context, store, (record.owner for record, _ in known))
    for login, credential in _projects(context, known).items():
        record = _record_of(login)
        with search.asking(_project_name(record)):
            _look(search, _cloud(context, record, credential()), login)
    return search.orphans


def _project_name(record: OpenStackRecord) -> str:
    if record.cloud:
        return f"the cloud {record.cloud} of clouds.yaml"
    who = record.tenant_name or record.tenant_id or record.application_credential or record.username
    return f"the project {who} at {record.auth_url}"


def _cloud(context: DriverContext, record: OpenStackRecord, secret: FoundCredential) -> OpenStackCloud:
    deadline = Deadline.after(context.seconds)
    return OpenStackCloud(context.environment, record, secret, deadline, context.progress.debug)


def _projects(context: DriverContext, known: Known) -> dict[str, Callable[[], FoundCredential]]:
    found: dict[str, Callable[[], FoundCredential]] = {}
    environment = context.environment
    try:
        record = default_access(environment)
        found[login_of(record)] = lambda: find_secret(environment, record)
    except MachshError as error:
        context.cannot_ask("the project of a new machine", error, is_in_use=False)
    for one, credential in known:
        found.setdefault(login_of(one), credential)
    return found


def _look(search: CloudOrphans, cloud: OpenStackCloud, login: str) -> None:
    for kind in KINDS:
        with explained(f"asking for what is left over ({kind})"):
            if kind == VOLUME and not VOLUME_SERVICES & cloud.catalog().keys():
                continue
            entries = list(all_of(cloud, kind))
        for entry in entries:
            search.add(
                tags_of(kind, entry),
                Orphan(
                    name=str(getattr(entry, "floating_ip_address", "") or entry.name),
                    kind=kind,
                    identifier=str(entry.id),
                    since=provider_time(getattr(entry, "created_at", ""), UTC),
                    cost=COSTS.get(kind, "free"),
                    place=login,
                ),
            )


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Delete an orphan by its identifier, in the project where it was found."""
    record = _record_of(orphan.place)
    cloud = _cloud(context, record, find_secret(context.environment, record))
    delete(cloud, orphan.kind, orphan.identifier)
