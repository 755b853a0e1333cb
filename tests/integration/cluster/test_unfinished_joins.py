"""What a join that was killed has left among the nodes goes when the cluster is gone on with."""

import pytest

from machsh.cluster import node_changes
from machsh.cluster.formation import remove_unfinished, take_in
from machsh.cluster.node_changes import remove_lost
from machsh.cluster.nodes import WORKER
from machsh.cluster.swarm_api import connected
from machsh.errors import MachshError, RefusedError
from machsh.progress import NullProgress


def test_a_node_that_no_engine_has_become_is_removed(session, swarm):
    swarm.strays = ["stray"]
    swarm.nodes["w1"].state = "unknown"  # known by its host name: an engine that is away for a while
    remove_unfinished(session.machines, "prod", ["m1", "m2", "w1"])
    assert swarm.strays == []
    assert not any("DELETE /nodes/id-" in line for asked in swarm.requests.values() for line in asked)


def test_what_an_engine_takes_itself_for_stays(session, swarm):
    swarm.strays = ["id-web"]
    with session.machines.store.change("w1") as record:
        record.machsh.cluster = record.machsh.node_id = ""
    swarm.nodes["w1"].name = "web"
    remove_unfinished(session.machines, "prod", ["m1", "m2", "w1"])
    assert swarm.strays == ["id-web"]


def test_a_join_that_takes_longer_than_its_request_is_waited_for(session, swarm):
    swarm.nodes["w1"].has_left, swarm.slowness = True, 3
    take_in(session.machines, "prod", ["w1"], WORKER, NullProgress(), anew=True)
    assert swarm.nodes["w1"].state == "ready"


def test_a_join_that_ends_without_a_node_is_an_error_in_the_swarms_words(session, swarm):
    swarm.nodes["w1"].has_left, swarm.slowness, swarm.nodes["w1"].ends_joining = True, 2, "error"
    with pytest.raises(MachshError, match="Timeout was reached"):
        take_in(session.machines, "prod", ["w1"], WORKER, NullProgress(), anew=True)


@pytest.fixture
def lost(session, swarm):
    """A connection to a manager, and the node m2: a manager that the swarm removes once it is a worker."""
    swarm.nodes["m2"].state = "down"
    with connected(session.machines.get("m1")) as api:
        yield api, next(node for node in api.nodes() if node.id == "id-m2")


def test_a_lost_manager_is_made_a_worker_before_it_is_removed(lost, swarm):
    remove_lost(*lost)
    assert [one["Role"] for one in swarm.updates] == ["worker"]
    assert "m2" not in swarm.nodes


def test_a_lost_manager_that_stays_is_an_error_in_the_swarms_words(lost, swarm, monkeypatch):
    monkeypatch.setattr(node_changes, "ROLE_SECONDS", 0.1)
    swarm.demotes = False
    with pytest.raises(MachshError, match="must be demoted"):
        remove_lost(*lost)


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (MachshError("the engine closed the connection"), True),
        (MachshError("no", hint="do that"), False),
        (RefusedError("no"), False),
    ],
    ids=["an engine that dies", "an error with a remedy", "a refusal before anything is made"],
)
@pytest.mark.parametrize("verb", ["init", "join"])
def test_an_error_in_the_middle_says_that_the_same_command_goes_on(
    session, swarm, monkeypatch, verb, error, is_told
):
    def failing(*words, **more):
        raise error

    monkeypatch.setattr(f"machsh.cluster.formation.{verb}", failing)
    assert session.runner.execute(f"cluster {verb} prod m1") != 0
    assert ("the same command goes on" in session.environment.err) == is_told
