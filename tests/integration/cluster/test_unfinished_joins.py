"""What a join that was killed has left among the nodes goes when the cluster is gone on with."""

from machsh.cluster.formation import remove_unfinished


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
