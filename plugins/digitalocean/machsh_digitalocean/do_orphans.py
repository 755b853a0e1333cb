"""Finds and removes what was made for machines that no record knows any more, by their marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from machsh.api import (
    CloudOrphans,
    CloudTags,
    Deadline,
    DriverContext,
    FoundCredential,
    MachshError,
    Orphan,
    provider_time,
)
from machsh_digitalocean.do_api import DigitalOceanApi
from machsh_digitalocean.do_mark import read_mark
from machsh_digitalocean.do_resources import DROPLET, KINDS, delete, identifier_of, listed, marks_of
from machsh_digitalocean.do_settings import DigitalOceanRecord, checked_endpoint
from machsh_digitalocean.do_token import TOKEN

Known = Sequence[tuple[Callable[[], FoundCredential], DigitalOceanRecord]]


def find(context: DriverContext, store: Path, known: Known) -> list[Orphan]:
    """Return what carries a machine's mark, and whose token no known record has.

    Asked are the accounts of the known machines, and the one that a new machine would be made in.
    """
    search = CloudOrphans(context, store, (record.owner for _, record in known))
    for (token, endpoint), place in _accounts(context, known).items():
        api = DigitalOceanApi(token, Deadline.after(context.seconds), endpoint, context.progress.debug)
        with search.asking(place.strip() or "the account"):
            _look(search, api, place)
    return search.orphans


def _accounts(context: DriverContext, known: Known) -> dict[tuple[str, str], str]:
    """Return (token, endpoint) -> the place by which `remove` finds the account again."""
    found: dict[tuple[str, str], str] = {}
    environment = context.environment
    try:
        endpoint = checked_endpoint(environment.variable("DIGITALOCEAN_API_URL") or "")
        found[TOKEN.find(environment).value, endpoint] = f" {endpoint}".rstrip()
    except MachshError as error:
        context.progress.debug(f"digitalocean: {error}; {error.hint}")
    for credential, record in known:
        try:
            place = f"{record.context} {record.endpoint}".rstrip()
            found.setdefault((credential().value, record.endpoint), place)
        except MachshError as error:
            context.progress.warning(f"the account of {record.machine_name} cannot be asked: {error}")
    return found


def _look(search: CloudOrphans, api: DigitalOceanApi, place: str) -> None:
    for kind in KINDS:
        for one in listed(api, "asking for what is left over", kind):
            name, mark = str(one.get("name")), read_mark(str(one.get("name")))
            search.add(
                _tags(kind, one),
                name=f"machsh:{mark.machine}" if mark else name,
                kind=kind,
                identifier=identifier_of(kind, one),
                since=provider_time(one.get("created_at")),
                cost=_cost(kind, one),
                place=place,
            )


def _tags(kind: str, found: dict[str, Any]) -> CloudTags | None:
    return next((tags for one in marks_of(kind, found) if (tags := read_mark(one))), None)


def _cost(kind: str, found: dict[str, Any]) -> str:
    return f"per hour ({found.get('size_slug')})" if kind == DROPLET else "free"


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Delete an orphan by its identifier, in the account where it was found."""
    name, _, endpoint = orphan.place.partition(" ")
    token = TOKEN.find(context.environment, context=name).value
    api = DigitalOceanApi(token, Deadline.after(context.seconds), endpoint, context.progress.debug)
    delete(api, orphan.kind, orphan.identifier)
