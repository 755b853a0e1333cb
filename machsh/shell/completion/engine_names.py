"""Live names for completion: a watcher of engine events for each machine in use, started on first need."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from machsh.engine.watch.snapshot import Container, Image, NamedItem, Network, Snapshot, Volume
from machsh.errors import MachshError
from machsh.humanize import age, byte_size
from machsh.shell.background import BackgroundWorker
from machsh.shell.completion.candidate import Candidate, Offer

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint

MOST_FOLLOWED = 4
"""At most this many engines are followed at once; the one unused for longest is dropped."""
PATHS_FRESH_SECONDS = 5.0

_WORDS = {
    "container": "containers",
    "image": "images",
    "network": "networks",
    "volume": "volumes",
    "context": "contexts",
    "compose-service": "services of compose",
    "stack": "stacks",
}
"""Kind -> its name in the toolbar."""

Lister = Callable[[str, str, str], list[tuple[str, bool]]]
"""(machine, container, folder) -> entries and whether each is a folder.

The container is empty for a folder of the machine itself.
"""


class Watched(Protocol):
    """A watcher of one engine's events."""

    @property
    def snapshot(self) -> Snapshot:
        """The last known names."""

    def close(self) -> None:
        """Stop following."""


Watch = Callable[[str], Watched]
"""Starts to watch a machine's engine. Raises MachshError if its endpoint cannot be found."""


class EngineNames:
    """The names on machines. `endpoint` may read the store, so only the worker calls it."""

    def __init__(
        self,
        endpoint: Callable[[str], Endpoint],
        list_paths: Lister,
        worker: BackgroundWorker,
        docker_folder: Path,
        watcher: Watch | None = None,
    ) -> None:
        self._watch = watcher or self._watch_engine
        self._endpoint = endpoint
        self._list_paths = list_paths
        self._worker = worker
        self._docker_folder = docker_folder
        self._followed: dict[str, Watched] = {}
        self._asked: dict[str, float] = {}
        self._paths: dict[tuple[str, str, str], tuple[tuple[Candidate, ...], float]] = {}
        self._reasons: dict[Hashable, str] = {}
        """Why a machine, or a path on one, could not be listed."""
        self._expired = 0.0
        self._candidates: dict[tuple[str, str], tuple[Snapshot, tuple[Candidate, ...]]] = {}
        self.news: Callable[[], None] = lambda: None

    def follow(self, machine: str) -> None:
        """Start to follow a machine's engine, unless it is followed already."""
        self._asked[machine] = time.monotonic()
        if machine and machine not in self._followed:
            self._worker.ask(("follow", machine), lambda: self._follow(machine))

    def snapshot(self, machine: str) -> Snapshot | None:
        """Return the last known names on a machine; None if it is not followed."""
        found = self._followed.get(machine)
        return found.snapshot if found is not None else None

    def expire(self) -> None:
        """Mark folder listings as out of date, because a line has run. Events keep the names up to date."""
        self._expired = time.monotonic()

    def forget(self, machine: str) -> None:
        """Stop following a machine, whose address may have changed."""
        found = self._followed.pop(machine, None)
        if found is not None:
            found.close()

    def close(self) -> None:
        """Stop following all machines, without waiting."""
        for machine in list(self._followed):
            self.forget(machine)

    def offer(self, machine: str, kind: str) -> Offer:
        """Return the names of a kind on a machine, and start to follow the machine."""
        self.follow(machine)
        snapshot = self.snapshot(machine)
        source = f"engine of {machine}" if machine else "no machine"
        if snapshot is None or snapshot.seen is None:
            return self._nothing(machine, kind, source, snapshot)
        age = snapshot.age(time.monotonic())
        reason = f"no {_WORDS.get(kind, kind)} on {machine}"
        if not snapshot.is_live:
            reason = f"{machine} does not answer{f': {snapshot.error}' if snapshot.error else ''}"
        found = self._made(machine, snapshot, kind)
        return Offer(kind, source, found, age, reason=reason, is_old=not snapshot.is_live)

    def _made(self, machine: str, snapshot: Snapshot, kind: str) -> tuple[Candidate, ...]:
        """Return the snapshot's candidates, made once per snapshot instead of on each key press."""
        kept = self._candidates.get((machine, kind))
        if kept is None or kept[0] is not snapshot:
            kept = self._candidates[machine, kind] = (snapshot, tuple(_candidates(snapshot, kind)))
        return kept[1]

    def _nothing(self, machine: str, kind: str, source: str, snapshot: Snapshot | None) -> Offer:
        """Return an empty offer for a machine of which nothing is known (yet), with the reason."""
        if not machine:
            return Offer(kind, source, reason="no machine is active: use NAME")
        error = (snapshot.error if snapshot is not None else "") or self._reasons.get(machine, "")
        return Offer(
            kind, source, is_pending=not error, reason=f"{machine} does not answer: {error}" if error else ""
        )

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """Return the entries of a folder on a machine, or in one of its containers."""
        key = (machine, container, folder)
        found, seen = self._paths.get(key, ((), 0.0))
        age = time.monotonic() - seen
        is_fresh = seen > self._expired and age <= PATHS_FRESH_SECONDS
        if not is_fresh:
            self._worker.ask(key, lambda: self._list(key))
        source = f"{container or machine}:{folder or '.'}"
        reason = self._reasons.get(key) or f"{source} is empty"
        return Offer("remote path", source, found, age if seen else None, not is_fresh, reason)

    def _follow(self, machine: str) -> None:
        try:
            self._followed[machine] = self._watch(machine)
        except MachshError as error:
            self._reasons[machine] = str(error)
            return
        self._reasons.pop(machine, None)
        if len(self._followed) > MOST_FOLLOWED:
            self.forget(min(self._followed, key=lambda name: self._asked.get(name, 0.0)))

    def _watch_engine(self, machine: str) -> Watched:
        from machsh.engine.watch.watcher import EngineWatcher

        live = EngineWatcher(
            self._endpoint(machine), docker_folder=self._docker_folder, changed=lambda snapshot: self.news()
        )
        live.start()
        return live

    def _list(self, key: tuple[str, str, str]) -> None:
        folder, began = key[2], time.monotonic()
        self._reasons.pop(key, None)
        try:
            entries = self._list_paths(*key)
        except (MachshError, OSError, subprocess.SubprocessError) as error:
            self._reasons[key] = f"{key[1] or key[0]} could not be asked: {error}"
            entries = []
        found = tuple(
            Candidate(f"{folder}{name}/", "", "folder", "") if is_folder else Candidate(f"{folder}{name}")
            for name, is_folder in entries
        )
        self._paths[key] = (found, began)


def _candidates(snapshot: Snapshot, kind: str) -> Iterator[Candidate]:
    if kind == "container":
        yield from map(_container, snapshot.containers)
    elif kind == "image":
        yield from map(_image, snapshot.images)
    elif kind == "network":
        yield from map(_network, snapshot.networks)
    elif kind == "volume":
        yield from map(_volume, snapshot.volumes)
    elif kind == "service":
        yield from (Candidate(one.name, one.stack) for one in snapshot.services)
    elif kind == "stack":
        yield from _stacks(snapshot)
    elif kind == "compose-service":
        names = {item.service: item for item in snapshot.containers if item.service}
        yield from (Candidate(name, item.project, f"state.{item.state}") for name, item in names.items())
    else:
        named: tuple[NamedItem, ...] = getattr(snapshot, f"{kind}s")
        yield from (Candidate(item.name, item.help) for item in named)


def _stacks(snapshot: Snapshot) -> Iterator[Candidate]:
    """Give the stacks, which are nothing of the engine's own but a label of services."""
    counts = Counter(one.stack for one in snapshot.services if one.stack)
    for name, count in counts.items():
        yield Candidate(name, f"{count} service{'s' * (count != 1)}")


def _container(item: Container) -> Candidate:
    return Candidate(item.name, f"{item.image} · {item.status or item.state}", f"state.{item.state}")


def _image(item: Image) -> Candidate:
    since = f" · {age(time.time() - item.created)}" if item.created else ""
    return Candidate(item.name, byte_size(item.size) + since)


def _network(item: Network) -> Candidate:
    return Candidate(item.name, " · ".join(part for part in (item.driver, item.subnet) if part))


def _volume(item: Volume) -> Candidate:
    used = f" · used by {', '.join(item.used_by)}" if item.used_by else ""
    return Candidate(item.name, item.driver + used)
