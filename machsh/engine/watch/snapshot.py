"""One moment's names on an engine: immutable, so that the key path reads it without a lock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHORT_ID = 12
"""Characters of an id as docker shows it."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container by name."""

    name: str
    id: str
    image: str
    state: str
    """created, running, paused, restarting, removing, exited or dead."""
    status: str = ""
    """The engine's words: `Up 5 minutes`."""
    created: float = 0.0
    """Seconds since the epoch."""
    project: str = ""
    """The compose project it belongs to."""
    service: str = ""
    """Its service in that project."""

    @property
    def is_running(self) -> bool:
        """Whether something can be executed in it."""
        return self.state in ("running", "restarting")


def handles(containers: Iterable[Container]) -> set[str]:
    """Every word that means one of the containers: names, whole ids and short ones."""
    return {word for one in containers for word in (one.name, one.id, one.id[:SHORT_ID])}


@dataclass(frozen=True, slots=True)
class Image:
    """An image by one of its tags."""

    name: str
    id: str
    size: int = 0
    created: float = 0.0


@dataclass(frozen=True, slots=True)
class Network:
    """A network."""

    name: str
    driver: str = ""
    subnet: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume and the containers that use it."""

    name: str
    driver: str = ""
    used_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedItem:
    """Anything else with a name: a context, service, node, secret, config or plugin."""

    name: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All names of one engine at one moment."""

    containers: tuple[Container, ...] = ()
    images: tuple[Image, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    services: tuple[NamedItem, ...] = ()
    nodes: tuple[NamedItem, ...] = ()
    secrets: tuple[NamedItem, ...] = ()
    configs: tuple[NamedItem, ...] = ()
    plugins: tuple[NamedItem, ...] = ()
    contexts: tuple[NamedItem, ...] = ()
    seen: float | None = None
    """When this was last known to be true, by the monotonic clock; None before the first answer."""
    is_live: bool = False
    """Whether the engine's events are being followed: then it is true now."""
    error: str = ""
    """Why it is not live."""

    def age(self, now: float) -> float | None:
        """Seconds since it was known to be true; 0 while live, None when nothing was ever known."""
        if self.is_live:
            return 0.0
        return None if self.seen is None else max(0.0, now - self.seen)
