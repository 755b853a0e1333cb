"""Collects resources with machsh's tags at a provider that no record knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

from machsh.drivers.cloud.cloud_tags import CloudTags
from machsh.drivers.driver import DriverContext, Orphan
from machsh.drivers.store_identity import store_id
from machsh.errors import MachshError


class CloudOrphans:
    """One search for all machines of a driver. `owners` are the tokens of the known records."""

    def __init__(self, context: DriverContext, store: Path, owners: Iterable[str]) -> None:
        self._context = context
        self._identity = store_id(store)
        self._owners = frozenset(owners)
        self._found: dict[tuple[str, str], Orphan] = {}

    @property
    def orphans(self) -> list[Orphan]:
        """The distinct orphans in the order in which they were added."""
        return list(self._found.values())

    @contextmanager
    def asking(
        self, who: str, *, is_in_use: bool = True, quiet: type[MachshError] = MachshError
    ) -> Iterator[None]:
        """Go on with the next place if one cannot be asked, which is a warning.

        Of a place that is not in use errors of the kind `quiet` are told only to who asks for this driver:
        who has no machines there may have no login either.
        """
        try:
            yield
        except MachshError as error:
            self._context.cannot_ask(who, error, is_in_use=is_in_use or not isinstance(error, quiet))

    def add(self, tags: CloudTags | None, found: Orphan) -> None:
        """Add a resource with these tags, unless it belongs to a known record or lacks machsh's tags.

        Its machine and its store are what the tags say.
        """
        if tags is None or tags.owner in self._owners:
            return
        store = "" if tags.store == self._identity else tags.store or "an unknown store"
        orphan = replace(found, machine=tags.machine, store=store)
        # A provider may tell one path in two spellings.
        self._found.setdefault((found.kind, found.identifier.lower()), orphan)


def provider_time(text: object, zone: tzinfo | None = None) -> datetime | None:
    """Parse a provider's time; None if it is invalid, or has no time zone and `zone` is not given."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone) if zone else None
