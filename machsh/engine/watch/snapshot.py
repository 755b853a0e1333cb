"""An immutable snapshot of an engine's objects; completion reads it without a lock on every key press."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHORT_ID = 12
"""Length of a short id as docker shows it."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container as the engine lists it."""

    name: str
    id: str
    image: str
    state: str
    """`created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`."""
    status: str = ""
    """The engine's description, such as `Up 5 minutes`."""
    created: float = 0.0
    """Seconds since the epoch."""
    project: str = ""
    """Its compose project; "" if it has none."""
    service: str = ""
    """Its service in the compose project."""

    @property
    def is_running(self) -> bool:
        """Whether the container is running or restarting."""
        return self.state in ("running", "restarting")


def handles(containers: Iterable[Container]) -> set[str]:
    """Return every word that refers to one of the containers: names, full ids and short ids."""
    return {word for one in containers for word in (one.name, one.id, one.id[:SHORT_ID])}


@dataclass(frozen=True, slots=True)
class Image:
    """An image under one of its tags; an image with two tags is listed twice."""

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
class SwarmService:
    """A service of a swarm, which only managers list."""

    name: str
    stack: str = ""
    """The stack that it belongs to; "" if it was made alone."""


@dataclass(frozen=True, slots=True)
class NamedItem:
    """Anything else with a name: a context, node, secret, config or plugin."""

    name: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All named objects of one engine at one time."""

    containers: tuple[Container, ...] = ()
    images: tuple[Image, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    services: tuple[SwarmService, ...] = ()
    nodes: tuple[NamedItem, ...] = ()
    secrets: tuple[NamedItem, ...] = ()
    configs: tuple[NamedItem, ...] = ()
    plugins: tuple[NamedItem, ...] = ()
    contexts: tuple[NamedItem, ...] = ()
    seen: float | None = None
    """When it was last confirmed, by the monotonic clock; None before the first response."""
    is_live: bool = False
    """Whether the engine's events are being received, which keep the snapshot current."""
    error: str = ""
    """Why it is not live; "" if it is."""

    def age(self, now: float) -> float | None:
        """Return the seconds since the snapshot was confirmed: 0 while live, None if it never was."""
        if self.is_live:
            return 0.0
        return None if self.seen is None else max(0.0, now - self.seen)
