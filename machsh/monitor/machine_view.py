"""Immutable snapshots of machines and containers, which any thread may read."""

from __future__ import annotations

import re
from dataclasses import dataclass

SILENT_SECONDS = 6.0
"""After this time without an answer a machine is silent; it is asked at least every three seconds."""
RUNNING = "Running"
_TASK = re.compile(r"(.+?)(?:(\.[0-9]+)|\.[a-z0-9]{25})\.[a-z0-9]{25}", re.ASCII)
"""A container of a service: `NAME.SLOT.TASK`, or `NAME.NODE.TASK` for one that runs on every node."""


@dataclass(frozen=True, slots=True)
class HostReading:
    """Readings of a machine's host from /proc, over ssh; sizes in bytes."""

    load: float
    """The load average of the last minute."""
    memory_used: int
    memory_total: int
    disk_used: int
    disk_total: int
    """Of the file system that holds the engine's data."""


@dataclass(frozen=True, slots=True)
class ContainerView:
    """A container; CPU and memory are None until they were read, and if it does not run."""

    id: str
    name: str
    image: str = ""
    state: str = ""
    status: str = ""
    """The engine's description, such as `Up 5 minutes`."""
    cpu: float | None = None
    """Per cent of one processor, as `docker stats` shows it: 200 is two processors."""
    memory: int | None = None
    """In bytes, without the page cache that can be dropped."""
    memory_limit: int = 0

    @property
    def short_name(self) -> str:
        """The name without the identities of task and node that swarm mode puts into it: `app_web.1`."""
        task = _TASK.fullmatch(self.name)
        return f"{task[1]}{task[2] or ''}" if task else self.name

    @property
    def short_image(self) -> str:
        """The image as `docker ps` shows it: without the digest that swarm services add."""
        name, _, digest = self.image.partition("@")
        return name or digest

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class MachineView:
    """A machine. What is not known yet, or cannot be known, is empty or None."""

    name: str
    driver: str = ""
    state: str = ""
    """`Running` if its engine answers, else what the driver says."""
    error: str = ""
    seen: float | None = None
    """When the engine answered last, by the monotonic clock."""
    is_answering: bool = False
    engine: str = ""
    """The engine's version."""
    data_folder: str = ""
    """Where the engine keeps its data, on the host."""
    cluster: str = ""
    """The cluster that machsh made it a member of."""
    role: str = ""
    """`manager` or `worker` in swarm mode."""
    cpus: int = 0
    host: HostReading | None = None
    host_error: str = ""
    """Why `host` is not known although the machine has ssh."""
    containers: tuple[ContainerView, ...] = ()
    certificate_days: int | None = None
    """Days until the first of its certificates ends; negative once it has."""

    @property
    def running(self) -> int:
        """How many containers run."""
        return sum(one.is_running for one in self.containers)

    @property
    def cpu(self) -> float | None:
        """The CPU usage of all containers, in percent of one processor."""
        known = [one.cpu for one in self.containers if one.cpu is not None]
        return sum(known) if known or (self.seen is not None and not self.running) else None

    @property
    def memory(self) -> int | None:
        """The host's used memory in bytes; None if unknown."""
        return self.host.memory_used if self.host else None

    @property
    def condition(self) -> str:
        """The state to sort and filter by; includes the words shown for a machine that does not answer."""
        return "silent, no answer" if self.state == RUNNING and not self.is_answering else self.state

    def is_silent(self, now: float) -> bool:
        """Whether it should answer but does not; also if it never has. `now` is monotonic."""
        is_lost = self.state == RUNNING and not self.is_answering
        return is_lost or self.silent_seconds(now) is not None

    def silent_seconds(self, now: float) -> float | None:
        """Return for how many seconds a machine that should answer has been silent; None if it is not."""
        if self.seen is None or self.state != RUNNING:
            return None
        silent = now - self.seen
        return silent if silent > SILENT_SECONDS or not self.is_answering else None
