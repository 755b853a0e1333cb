"""Nodes get another role, which takes the managers a moment."""

import pytest

from machsh.cluster import members
from machsh.cluster.cluster_status import status
from machsh.cluster.node_changes import change, leave, set_role
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
