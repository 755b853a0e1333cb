"""Containers are sampled in short turns, also where an engine lets each question wait."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from machsh.engine.http import HttpResponse
from machsh.engine.watch.snapshot import Container
from machsh.monitor.container_readings import ContainerReadings
from machsh.monitor.container_sampling import LANES, ContainerSampler

SECONDS = 5.0


class SamplingEngine:
    """An engine that takes `each` seconds for an answer; those on one connection wait for each other."""

    def __init__(self, each: float) -> None:
        self.each = each
        self.now = 100.0
        self.asked: list[str] = []
        self.connections: list[SamplingConnection] = []

    def connect(self) -> Any:
        self.connections.append(SamplingConnection(self))
        return self.connections[-1]


class SamplingConnection:
    """One connection: answers are ready `each` seconds after the question, or after the answer before."""

    def __init__(self, engine: SamplingEngine) -> None:
        self.engine = engine
        self.deadline = 0.0
        self.ready = 0.0
        self.waiting: list[str] = []

    def ask(self, paths: Sequence[str], seconds: float) -> list[HttpResponse]:
        self.put(paths, seconds)
        return self.take(len(paths))

    def put(self, paths: Sequence[str], seconds: float) -> None:
        self.deadline, self.ready = self.engine.now + seconds, self.engine.now
        self.waiting += paths
        self.engine.asked += [path.split("/")[2] for path in paths]

    def take(self, count: int) -> list[HttpResponse]:
        return [self._answer() for _ in range(count)]

    def _answer(self) -> HttpResponse:
        self.waiting.pop(0)
        self.ready += self.engine.each
        if self.ready > self.deadline:
            raise TimeoutError("the engine's answer was not whole in time")
        self.engine.now = max(self.engine.now, self.ready)
        used = int(self.engine.now * 1e9)
        cpu = {"cpu_usage": {"total_usage": used}, "system_cpu_usage": used, "online_cpus": 1}
        return HttpResponse(
            200, "OK", {}, json.dumps({"cpu_stats": cpu, "memory_stats": {"usage": 1}}).encode()
        )


def readings(*names: str) -> ContainerReadings:
    found = ContainerReadings()
    found.take_list(Container(name, name, "busybox", "running") for name in names)
    return found


def sixty() -> list[str]:
    return [f"c{number}" for number in range(60)]


def sampler(engine: SamplingEngine, kept: ContainerReadings) -> ContainerSampler:
    return ContainerSampler(kept, engine.connect, SECONDS, lambda: engine.now)


def test_an_engine_that_takes_a_second_for_each_of_many_containers_is_in_time_and_asked_side_by_side() -> (
    None
):
    engine, kept = SamplingEngine(1.0), readings(*sixty())
    sampling, requests = sampler(engine, kept), engine.connect()
    turns = []
    for _ in range(2):
        sampling.begin_round()
        while not sampling.is_between_rounds:
            began = engine.now
            sampling.turn(requests)
            turns.append(engine.now - began)
    assert max(turns) <= 3.0
    assert set(turns[1:]) == {1.0}
    assert len(engine.connections) == 1 + LANES
    assert sorted(engine.asked) == sorted(sixty() * 2)
    assert kept.is_complete
    assert all(one.cpu is not None for one in kept.views())


def test_an_engine_that_answers_at_once_is_asked_many_on_one_connection() -> None:
    engine, kept = SamplingEngine(0.001), readings(*sixty())
    sampling, requests = sampler(engine, kept), engine.connect()
    sampling.begin_round()
    turns = 0
    while not sampling.is_between_rounds:
        sampling.turn(requests)
        turns += 1
    assert (turns, len(engine.connections)) == (5, 1)


def test_one_quick_answer_is_no_promise_for_many() -> None:
    engine, kept = SamplingEngine(0.01), readings("a")
    sampling, requests = sampler(engine, kept), engine.connect()
    sampling.begin_round()
    sampling.turn(requests)
    engine.each = 1.0
    kept.take_list(Container(name, name, "busybox", "running") for name in sixty())
    sampling.begin_round()
    while not sampling.is_between_rounds:
        sampling.turn(requests)


def test_a_round_that_begins_anew_again_and_again_reaches_all() -> None:
    engine, kept = SamplingEngine(1.0), readings(*sixty())
    sampling, requests = sampler(engine, kept), engine.connect()
    for _ in range(10):
        sampling.begin_round()
        sampling.turn(requests)
    assert set(engine.asked) == set(sixty())


def test_containers_that_go_meanwhile_end_the_round_and_those_that_tell_nothing_hold_up_nobody() -> None:
    engine, kept = SamplingEngine(0.001), readings(*sixty())
    sampling, requests = sampler(engine, kept), engine.connect()
    sampling.begin_round()
    sampling.turn(requests)
    kept.take_list(())
    sampling.turn(requests)
    assert sampling.is_between_rounds
    kept.take_list([Container("silent", "silent", "busybox", "running")])
    assert not kept.is_complete
    kept.take_sample("silent", None)
    assert kept.is_complete
    assert kept.longest_unasked() == ["silent"]
