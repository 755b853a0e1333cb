"""Nodes get another role, which takes the managers a moment."""

import pytest

from machsh.cluster import members
from machsh.cluster.cluster_status import status
from machsh.cluster.node_changes import change, set_role
from machsh.cluster.nodes import MANAGER, WORKER
from machsh.errors import MachshError


def test_a_new_manager_counts_at_once(session, swarm):
    swarm.listings_until_reached = 3
    change(session.machines, ["w1"], set_role(MANAGER))
    assert status(session.machines, "prod").quorum == "3 managers: may lose 1"


def test_a_manager_takes_the_place_of_another_in_one_go(session, swarm):
    swarm.listings_until_reached = 6
    change(session.machines, ["w1"], set_role(MANAGER))
    change(session.machines, ["m2"], set_role(WORKER))
    assert [one.role for one in swarm.nodes.values()] == ["manager", "worker", "manager"]


def test_a_new_manager_that_is_not_reached_is_told(session, swarm, monkeypatch):
    monkeypatch.setattr(members, "ROLE_SECONDS", 0.3)
    swarm.listings_until_reached = 1000
    with pytest.raises(MachshError, match='"w1" was made a manager, but the others do not reach it'):
        change(session.machines, ["w1"], set_role(MANAGER))
