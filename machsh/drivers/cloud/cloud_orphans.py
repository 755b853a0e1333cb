"""Collects what carries machsh's tags at a provider, and what no record knows any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path

from machsh.drivers.cloud.cloud_tags import CloudTags
from machsh.drivers.driver import DriverContext, Orphan
from machsh.drivers.store_identity import store_id
from machsh.errors import MachshError


class CloudOrphans:
    """One search for all machines of a driver. `owners` are the tokens of the records that are known."""

    def __init__(self, context: DriverContext, store: Path, owners: Iterable[str]) -> None:
        self._progress = context.progress
        self._identity = store_id(store)
        self._owners = frozenset(owners)
        self._found: dict[tuple[str, str], Orphan] = {}

    @property
    def orphans(self) -> list[Orphan]:
        """What was found, each thing once, in the order in which it was added."""
        return list(self._found.values())

    @contextmanager
    def asking(self, who: str, say: Callable[[str], None] | None = None) -> Iterator[None]:
        """Go on with the next place if one cannot be asked: that is a warning, or a line for `say`."""
        try:
            yield
        except MachshError as error:
            (say or self._progress.warning)(f"{who} cannot be asked: {error}")

    def add(
        self,
        tags: CloudTags | None,
        *,
        name: str,
        kind: str,
        identifier: str,
        since: datetime | None = None,
        cost: str = "",
        place: str = "",
    ) -> None:
        """Add a thing with these tags, unless a record that is known has made it; None: it has no tags."""
        if tags is None or tags.owner in self._owners:
            return
        store = "" if tags.store == self._identity else tags.store or "an unknown store"
        orphan = Orphan(name, kind, identifier, tags.machine, since, cost, store=store, place=place)
        self._found.setdefault((kind, identifier), orphan)


def provider_time(text: object, zone: tzinfo | None = None) -> datetime | None:
    """Read a provider's time; None for what is none, or has no time zone where no `zone` is meant."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone) if zone else None
