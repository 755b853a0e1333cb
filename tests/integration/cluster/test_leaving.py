"""Machines leave their cluster, and the arithmetic that keeps those that it needs."""

import pytest

from machsh.cluster.members import clusters
from machsh.cluster.node_changes import check_may_leave, leave
from machsh.errors import MachshError
from machsh.progress import NullProgress


def test_a_worker_leaves_and_its_node_goes(session, swarm):
    leave(session.machines, ["w1"], NullProgress())
    assert list(swarm.nodes) == ["m1", "m2"]
    own = session.machines.get("w1").record.machsh
    assert (own.cluster, own.node_id) == ("", "")


def test_a_manager_becomes_a_worker_first(session, swarm):
    node = swarm.nodes["m2"]
    leave(session.machines, ["m2"], NullProgress())
    assert node.role == "worker"
    assert node.has_left
    assert list(swarm.nodes) == ["m1", "w1"]


def test_all_together_end_the_cluster_whatever_quorum_says(session, swarm):
    check_may_leave(session.machines, ["m1", "m2", "w1"])
    leave(session.machines, ["m1", "m2", "w1"], NullProgress())
    assert all(one.has_left for one in swarm.nodes.values())
    assert clusters(session.machines) == {}


def test_what_leaves_together_is_counted_together(session, swarm):
    check_may_leave(session.machines, ["m1"])
    check_may_leave(session.machines, ["m2"])
    with pytest.raises(MachshError, match="last manager"):
        check_may_leave(session.machines, ["m1", "m2"])


def test_a_machine_that_does_not_answer_leaves_by_force_only(session, swarm):
    swarm.nodes["w1"].die()
    with pytest.raises(MachshError, match='"w1" cannot leave') as raised:
        leave(session.machines, ["w1"], NullProgress())
    assert "cluster leave --force w1" in raised.value.hint
    assert session.machines.get("w1").record.machsh.cluster == "prod"
    leave(session.machines, ["w1"], NullProgress(), force=True)
    assert list(swarm.nodes) == ["m1", "m2"]
