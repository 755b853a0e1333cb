"""What is refused before anything of a cluster is made: engines that are in another swarm, or say nothing."""

import pytest

from machsh.cluster import formation
from machsh.cluster.formation import init, join
from machsh.cluster.nodes import WORKER
from machsh.cluster.swarm_api import SECONDS, connected
from machsh.errors import MachshError, RefusedError
from machsh.progress import NullProgress
from machsh.testing.fake_engine import FakeEngine
from tests.support.stores import add_machine


@pytest.fixture
def engine(session, tmp_path):
    """A function that starts an engine with its part in a swarm, and adds its machine to the store."""
    started = []

    def start(name, **part):
        made = FakeEngine(tmp_path / f"{name}.sock")
        made.info["Swarm"] = {"LocalNodeState": "inactive", "NodeID": "", **part}
        made.start()
        started.append(made)
        add_machine(session.machines.store, name, URL=made.url, IPAddress="192.0.2.1")
        return made

    yield start
    for one in started:
        one.stop()


def changes(engine):
    return [line for line in engine.requests if not line.startswith("GET")]


def test_an_engine_in_another_swarm_is_refused_before_the_cluster_is_begun(session, engine):
    free = engine("free")
    engine("taken", LocalNodeState="active", NodeID="x")
    with pytest.raises(RefusedError, match='the engine of "taken" is in another swarm'):
        init(session.machines, "shop", ["free"], ["taken"], NullProgress())
    assert changes(free) == []


def test_an_engine_that_does_not_answer_is_named_before_the_cluster_is_begun(session, engine):
    free = engine("free")
    engine("dead").stop()
    with pytest.raises(MachshError, match='the engine of "dead": '):
        init(session.machines, "shop", ["free"], ["dead"], NullProgress())
    assert changes(free) == []


def test_no_machine_joins_beside_one_that_cannot(session, swarm, engine):
    free = engine("free")
    engine("taken", LocalNodeState="active", NodeID="x")
    with pytest.raises(RefusedError, match='the engine of "taken" is in another swarm'):
        join(session.machines, "prod", ["free", "taken"], WORKER, NullProgress())
    assert changes(free) == []


def test_a_join_that_was_killed_before_it_was_remembered_is_no_other_swarm(session, swarm):
    with session.machines.store.change("w1") as record:
        record.machsh.cluster = record.machsh.node_id = ""
    join(session.machines, "prod", ["w1"], WORKER, NullProgress())
    assert session.machines.get("w1").record.machsh.node_id == "id-w1"


def test_an_engine_that_knows_no_leader_has_the_20_seconds_after_which_it_answers(
    session, engine, monkeypatch
):
    limits = []

    def connect(machine, seconds=SECONDS):
        limits.append(seconds)
        return connected(machine, seconds)

    monkeypatch.setattr(formation, "connected", connect)
    engine("free")
    engine("taken", LocalNodeState="active", NodeID="x")
    with pytest.raises(RefusedError):
        init(session.machines, "shop", ["free"], ["taken"], NullProgress())
    assert len(limits) == 2
    assert min(limits) > 20
