"""Live names for completion: one follower of events per machine in use, started when it is first needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.engine.names.model import Container, Image, Named, Network, Snapshot, Volume
from machsh.shell.complete.candidate import Candidate, Offer
from machsh.shell.worker import Worker

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint
    from machsh.engine.names.live import LiveNames

MOST_FOLLOWED = 4
"""Engines followed at once; the one not looked at for longest is let go."""
PATHS_FRESH_SECONDS = 5.0

Lister = Callable[[str, str, str], list[tuple[str, bool]]]
"""Machine, container (empty for the machine itself), folder -> its entries, and whether each is a folder."""


class EngineNames:
    """The names on machines. `endpoint` may read the store: it is called in the worker only."""

    def __init__(
        self, endpoint: Callable[[str], Endpoint], list_paths: Lister, worker: Worker, docker_folder: Path
    ) -> None:
        self._endpoint = endpoint
        self._list_paths = list_paths
        self._worker = worker
        self._docker_folder = docker_folder
        self._followed: dict[str, LiveNames] = {}
        self._asked: dict[str, float] = {}
        self._paths: dict[tuple[str, str, str], tuple[tuple[Candidate, ...], float]] = {}
        self.news: Callable[[], None] = lambda: None

    def follow(self, machine: str) -> None:
        """Begin to follow a machine's engine; does nothing when it is followed."""
        self._asked[machine] = time.monotonic()
        if machine and machine not in self._followed:
            self._worker.ask(("follow", machine), lambda: self._follow(machine))

    def snapshot(self, machine: str) -> Snapshot | None:
        """What is known of a machine; None when nothing was ever asked."""
        found = self._followed.get(machine)
        return found.snapshot if found is not None else None

    def retry(self, machine: str) -> None:
        """Try again at once: the machine may have been started."""
        found = self._followed.get(machine)
        if found is not None and not found.snapshot.is_live:
            found.retry_now()

    def forget(self, machine: str) -> None:
        """Stop following: its address may have changed."""
        found = self._followed.pop(machine, None)
        if found is not None:
            found.close()

    def close(self) -> None:
        """Stop following all; does not wait."""
        for machine in list(self._followed):
            self.forget(machine)

    def offer(self, machine: str, kind: str) -> Offer:
        """The names of a kind on a machine."""
        self.follow(machine)
        snapshot = self.snapshot(machine)
        source = f"engine of {machine}" if machine else "no machine"
        if snapshot is None or snapshot.seen is None:
            is_pending = bool(machine) and (snapshot is None or not snapshot.error)
            return Offer(kind, source, is_pending=is_pending)
        age = snapshot.age(time.monotonic())
        return Offer(kind, source, tuple(_candidates(snapshot, kind)), age)

    def paths(self, machine: str, container: str, folder: str) -> Offer:
        """The entries of a folder on a machine, or in one of its containers."""
        key = (machine, container, folder)
        found, seen = self._paths.get(key, ((), 0.0))
        age = time.monotonic() - seen
        if age > PATHS_FRESH_SECONDS:
            self._worker.ask(key, lambda: self._list(key))
        source = f"{container or machine}:{folder or '.'}"
        return Offer("remote path", source, found, age if seen else None, not seen)

    def _follow(self, machine: str) -> None:
        from machsh.engine.names.live import LiveNames

        live = LiveNames(
            self._endpoint(machine), docker_folder=self._docker_folder, changed=lambda snapshot: self.news()
        )
        live.start()
        self._followed[machine] = live
        if len(self._followed) > MOST_FOLLOWED:
            self.forget(min(self._followed, key=lambda name: self._asked.get(name, 0.0)))

    def _list(self, key: tuple[str, str, str]) -> None:
        entries = self._list_paths(*key)
        folder = key[2]
        found = tuple(
            Candidate(f"{folder}{name}/", "", "folder", "") if is_folder else Candidate(f"{folder}{name}")
            for name, is_folder in entries
        )
        self._paths[key] = (found, time.monotonic())


def _candidates(snapshot: Snapshot, kind: str) -> Iterator[Candidate]:
    if kind == "container":
        yield from map(_container, snapshot.containers)
    elif kind == "image":
        yield from map(_image, snapshot.images)
    elif kind == "network":
        yield from map(_network, snapshot.networks)
    elif kind == "volume":
        yield from map(_volume, snapshot.volumes)
    elif kind == "compose-service":
        names = {item.service: item for item in snapshot.containers if item.service}
        yield from (Candidate(name, item.project, f"state.{item.state}") for name, item in names.items())
    else:
        named: tuple[Named, ...] = getattr(snapshot, f"{kind}s", ())
        yield from (Candidate(item.name, item.help) for item in named)


def _container(item: Container) -> Candidate:
    return Candidate(item.name, f"{item.image} · {item.status or item.state}", f"state.{item.state}")


def _image(item: Image) -> Candidate:
    since = f" · {ago(time.time() - item.created)}" if item.created else ""
    return Candidate(item.name, size(item.size) + since)


def _network(item: Network) -> Candidate:
    return Candidate(item.name, " · ".join(part for part in (item.driver, item.subnet) if part))


def _volume(item: Volume) -> Candidate:
    used = f" · used by {', '.join(item.used_by)}" if item.used_by else ""
    return Candidate(item.name, item.driver + used)


def size(count: float) -> str:
    """Bytes as docker writes them: `1.24MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g}{unit}"
        count /= 1000
    return f"{count:.3g}TB"


def ago(seconds: float) -> str:
    """How long ago, in the largest unit: `3 days`."""
    for name, length in (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3600)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {name}{'s' * (count > 1)}"
    minutes = max(int(seconds // 60), 0)
    return f"{minutes} minute{'s' * (minutes != 1)}"
