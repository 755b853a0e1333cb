"""Names of machines' snapshots for completion, listed by a worker and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.humanize import age
from machsh.shell.background import BackgroundWorker
from machsh.shell.completion.candidate import Candidate, Offer

if TYPE_CHECKING:
    from machsh.drivers.capability_calls import HostSnapshot

FRESH_SECONDS = 5.0
KIND = "snapshot"

SnapshotLister = Callable[[str], "Sequence[HostSnapshot]"]
"""Takes a machine's name and returns its snapshots. Raises MachshError. Only the worker calls it."""


@dataclass(frozen=True, slots=True)
class _Listing:
    candidates: tuple[Candidate, ...] = ()
    seen: float = 0.0
    """When it was asked for, in monotonic seconds; 0 for never."""
    reason: str = ""
    """Why there are no candidates."""


class SnapshotNames:
    """The names of snapshots by machine."""

    def __init__(self, list_snapshots: SnapshotLister, worker: BackgroundWorker) -> None:
        self._list_snapshots = list_snapshots
        self._worker = worker
        self._listings: dict[str, _Listing] = {}
        self._expired = 0.0

    def expire(self) -> None:
        """Mark all listings as out of date, because a line has run."""
        self._expired = time.monotonic()

    def offer(self, machine: str) -> Offer:
        """Return the machine's snapshots as last listed, and have them listed again if that is long ago."""
        if not machine:
            return Offer(KIND, "no machine", reason="name the machine first")
        listing = self._listings.get(machine, _Listing())
        since = time.monotonic() - listing.seen
        is_fresh = listing.seen > self._expired and since <= FRESH_SECONDS
        if not is_fresh:
            self._worker.ask((KIND, machine), partial(self._list, machine))
        source = f"snapshots of {machine}"
        return Offer(
            KIND, source, listing.candidates, since if listing.seen else None, not is_fresh, listing.reason
        )

    def _list(self, machine: str) -> None:
        began = time.monotonic()
        try:
            found = self._list_snapshots(machine)
        except MachshError as error:
            self._listings[machine] = _Listing((), began, str(error))
            return
        candidates = tuple(Candidate(one.name, _note(one)) for one in reversed(found))
        self._listings[machine] = _Listing(candidates, began, f"{machine} has no snapshots")


def _note(snapshot: HostSnapshot) -> str:
    since = f"{age(time.time() - snapshot.created.timestamp())} ago" if snapshot.created else ""
    parts = (since, "with memory" if snapshot.has_memory else "", "current" if snapshot.is_current else "")
    return " · ".join(part for part in parts if part)
