"""The containers of one engine with their samples, and what follows from two of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from machsh.engine.watch.snapshot import Container
from machsh.monitor.engine_readings import ContainerReading
from machsh.monitor.machine_view import ContainerView


class ContainerReadings:
    """Joins the list of containers with samples of those that run. Not thread-safe."""

    def __init__(self) -> None:
        self._listed: tuple[Container, ...] = ()
        self._samples: dict[str, ContainerReading] = {}
        self._cpu: dict[str, float] = {}
        self._asked: dict[str, None] = {}
        """Those that were asked for a sample, whether there was one or not; who waits longest is first."""

    def take_list(self, listed: Iterable[Container]) -> None:
        """Take a new list, and forget the samples of containers that no longer run."""
        self._listed = tuple(listed)
        there = set(self.running())
        kept: dict[str, Any]
        for kept in (self._samples, self._cpu, self._asked):
            for gone in kept.keys() - there:
                del kept[gone]

    def take_sample(self, identity: str, found: ContainerReading | None) -> None:
        """Take a sample of a container; None if there was none."""
        self._asked.pop(identity, None)
        self._asked[identity] = None
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

    def longest_unasked(self) -> list[str]:
        """Return the containers that run, those first that were asked longest ago, or never."""
        return [*(one for one in self.running() if one not in self._asked), *self._asked]

    @property
    def is_complete(self) -> bool:
        """Whether all containers were asked, and the CPU of each that was sampled is known."""
        return self._samples.keys() <= self._cpu.keys() and self._asked.keys() >= set(self.running())

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
