"""Engines of a cluster are upgraded one after the other; what the upgrade itself does is another matter."""

import pytest

from machsh.cluster import rolling_upgrade
from machsh.cluster.nodes import UPGRADING_LABEL
from machsh.cluster.rolling_upgrade import upgrade
from machsh.errors import MachshError
from machsh.progress import NullProgress
from tests.support.swarm import FakeSwarm


@pytest.fixture
def three(session, tmp_path):
    """The cluster `prod` of three managers and a worker."""
    made = FakeSwarm(tmp_path, session.machines.store, ("m1", "m2", "m3"), ("w1",))
    yield made
    made.stop()


@pytest.fixture
def upgraded(session, three, monkeypatch):
    """The machines that were upgraded, each with its node's availability and labels at that time."""
    seen = []

    def record(name, *, seconds=0):
        node = three.nodes[name]
        seen.append((name, node.availability, dict(node.labels)))

    monkeypatch.setattr(session.machines, "upgrade", record, raising=False)
    monkeypatch.setattr(rolling_upgrade, "READY_SECONDS", 0.3)
    return seen


def test_workers_come_first_and_the_leader_last_each_drained_meanwhile(session, three, upgraded):
    assert upgrade(session.machines, "prod", NullProgress()) == ["w1", "m2", "m3", "m1"]
    assert {one[1:] == ("drain", {UPGRADING_LABEL: ""}) for one in upgraded} == {True}
    assert {(one.availability, str(one.labels)) for one in three.nodes.values()} == {("active", "{}")}


def test_what_took_no_tasks_before_takes_none_after(session, three, upgraded):
    three.nodes["w1"].availability = "drain"
    upgrade(session.machines, "prod", NullProgress())
    assert three.nodes["w1"].availability == "drain"
    assert upgraded[0] == ("w1", "drain", {})


def test_what_an_interrupted_upgrade_has_drained_is_made_active(session, three, upgraded):
    three.nodes["w1"].availability, three.nodes["w1"].labels = "drain", {UPGRADING_LABEL: ""}
    upgrade(session.machines, "prod", NullProgress())
    assert (three.nodes["w1"].availability, three.nodes["w1"].labels) == ("active", {})


@pytest.mark.parametrize("how", ["down", "unreached"])
def test_the_first_that_does_not_come_back_ends_it(session, three, upgraded, monkeypatch, how):
    def fall(name, *, seconds=0):
        upgraded.append(name)
        if name == "m2":
            three.nodes[name].state = "down" if how == "down" else "ready"
            three.nodes[name].is_lost = how == "unreached"

    monkeypatch.setattr(session.machines, "upgrade", fall)
    with pytest.raises(MachshError, match='the upgrade of "prod" ends at "m2": "m2" is not back'):
        upgrade(session.machines, "prod", NullProgress())
    assert upgraded == ["w1", "m2"]
    assert three.nodes["m2"].availability == "drain"


def test_a_manager_that_quorum_needs_is_not_touched(session, three, upgraded):
    three.nodes["m3"].is_lost = True
    with pytest.raises(MachshError, match='without "m2" 1 of 2 managers would be reachable'):
        upgrade(session.machines, "prod", NullProgress())
    assert [one[0] for one in upgraded] == ["w1"]
