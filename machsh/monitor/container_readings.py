"""The containers of one engine with their samples, and what follows from two of them."""

from __future__ import annotations

from collections.abc import Iterable

from machsh.engine.watch.snapshot import Container
from machsh.monitor.engine_readings import ContainerReading
from machsh.monitor.machine_view import ContainerView


class ContainerReadings:
    """Joins the list of containers with samples of those that run. Not thread-safe."""

    def __init__(self) -> None:
        self._listed: tuple[Container, ...] = ()
        self._samples: dict[str, ContainerReading] = {}
        self._cpu: dict[str, float] = {}

    def take_list(self, listed: Iterable[Container]) -> None:
        """Take a new list, and forget the samples of containers that no longer run."""
        self._listed = tuple(listed)
        there = set(self.running())
        for kept in (self._samples, self._cpu):
            for gone in kept.keys() - there:
                del kept[gone]

    def take_sample(self, identity: str, found: ContainerReading | None) -> None:
        """Take a sample of a container; None if there was none."""
        if found is None:
            return
        former = self._samples.get(identity)
        self._samples[identity] = found
        percent = found.cpu.percent_since(former.cpu) if former else None
        if percent is not None:
            self._cpu[identity] = percent

    def running(self) -> list[str]:
        """Return the identities of the containers that run."""
        return [one.id for one in self._listed if one.state == "running"]

    @property
    def is_complete(self) -> bool:
        """Whether the CPU of each container that was sampled is known."""
        return self._samples.keys() <= self._cpu.keys()

    def views(self) -> tuple[ContainerView, ...]:
        """Return all containers as they are known now."""
        return tuple(self._view(one) for one in self._listed)

    def _view(self, container: Container) -> ContainerView:
        sample = self._samples.get(container.id)
        return ContainerView(
            container.id,
            container.name,
            container.image,
            container.state,
            container.status,
            self._cpu.get(container.id),
            sample.memory if sample else None,
            sample.memory_limit if sample else 0,
        )
