"""Nodes get another role, which takes the managers a moment."""

import pytest

from machsh.cluster import members
from machsh.cluster.cluster_status import status
from machsh.cluster.node_changes import change, demote, leave, set_role
from machsh.cluster.nodes import MANAGER, WORKER
from machsh.errors import MachshError
from machsh.progress import NullProgress


def test_a_new_manager_counts_at_once(session, swarm):
    swarm.listings_until_reached = 3
    change(session.machines, ["w1"], set_role(MANAGER))
    assert status(session.machines, "prod").quorum == "3 managers: may lose 1"


def test_a_manager_takes_the_place_of_another_in_one_go(session, swarm):
    swarm.listings_until_reached = 6
    change(session.machines, ["w1"], set_role(MANAGER))
    change(session.machines, ["m2"], set_role(WORKER))
    assert [one.role for one in swarm.nodes.values()] == ["manager", "worker", "manager"]


def test_managers_that_may_not_all_go_are_refused_before_the_first_one_does(session, swarm):
    with pytest.raises(MachshError, match="last manager"):
        demote(session.machines, ["m1", "m2"])
    assert [one.role for one in swarm.nodes.values()] == ["manager", "manager", "worker"]
    demote(session.machines, ["w1", "m2"])
    assert [one.role for one in swarm.nodes.values()] == ["manager", "worker", "worker"]


def test_the_only_machine_of_a_cluster_stays_its_manager(session, swarm):
    leave(session.machines, ["w1"], NullProgress())
    leave(session.machines, ["m2"], NullProgress())
    with pytest.raises(MachshError, match='"m1" is alone in its cluster') as raised:
        demote(session.machines, ["m1"])
    assert "cluster join --manager" in raised.value.hint


@pytest.fixture
def half(session, swarm, monkeypatch):
    """The swarm whose w1 was made a manager and never becomes one: its host was paused, for instance."""
    monkeypatch.setattr(members, "ROLE_SECONDS", 0.3)
    swarm.listings_until_reached = 1000
    with pytest.raises(MachshError, match='"w1" was made a manager, but the others do not reach it'):
        change(session.machines, ["w1"], set_role(MANAGER))
    return swarm


def test_a_manager_that_is_none_yet_is_not_counted(session, half):
    said = status(session.machines, "prod").quorum
    assert said == "2 managers: may lose none; 1 more is to become one"


def test_a_manager_that_is_none_yet_cannot_be_demoted_and_the_way_out_is_told(session, half):
    with pytest.raises(MachshError, match="was made a manager and is not one yet") as raised:
        change(session.machines, ["w1"], set_role(WORKER))
    assert "cluster leave" in raised.value.hint


@pytest.mark.parametrize("force", [True, False])
def test_a_manager_that_is_none_yet_may_leave(session, half, force):
    leave(session.machines, ["w1"], NullProgress(), force=force)
    assert list(half.nodes) == ["m1", "m2"]
