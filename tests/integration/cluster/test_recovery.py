"""A cluster that has lost its majority begins anew from a manager that still answers."""

import pytest

from machsh.cluster import recovery
from machsh.cluster.autolock import key_path
from machsh.cluster.members import clusters
from machsh.cluster.recovery import consequences, recover, survey
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.progress import NullProgress
from tests.support.swarm import FakeSwarm


@pytest.fixture
def lost(session, tmp_path):
    """The cluster `prod` whose m3 is lost, which leaves it without a leader."""
    made = FakeSwarm(tmp_path, session.machines.store, ("m1", "m2", "m3"), ("w1",))
    made.nodes["m3"].die()
    made.has_leader = False
    yield made
    made.stop()


def test_who_answers_is_in_it_again_in_its_role_and_who_does_not_is_let_go(session, lost):
    recover(session.machines, "prod", "m1", NullProgress())
    assert clusters(session.machines) == {"prod": ["m1", "m2", "w1"]}
    assert {name: node.role for name, node in lost.nodes.items()} == {
        "m1": "manager", "m2": "manager", "w1": "worker",
    }  # fmt: skip
    assert lost.leader is lost.nodes["m1"]
    own = session.machines.get("m3").record.machsh
    assert (own.cluster, own.node_id) == ("", "id-m3")  # its engine may leave the old cluster when it is back


@pytest.mark.parametrize(
    ("name", "said", "has_left"),
    [
        ("m3", "does not answer", False),
        ("w1", "is in no swarm", True),
        ("w1", "is that of a worker", False),
    ],
)
def test_an_engine_that_cannot_begin_it_is_refused_before_anything(session, lost, name, said, has_left):
    lost.nodes["w1"].has_left = has_left
    with pytest.raises(RefusedError, match=f'the engine of "{name}" {said}') as raised:
        recover(session.machines, "prod", name, NullProgress())
    assert raised.value.hint == "those of the cluster that can: m1, m2"
    assert not lost.has_leader


def test_a_machine_of_no_cluster_is_refused_as_such(session, lost):
    with pytest.raises(UsageError, match='"web" is no machine of the cluster') as raised:
        recover(session.machines, "prod", "web", NullProgress())
    assert raised.value.hint == "its machines: m1, m2, m3, w1"


def test_what_is_lost_and_what_begins_anew_is_said_before(session, lost):
    found = survey(session.machines, "prod")
    said = consequences(found, "prod", "m1")
    assert "Lost: m3. Taken in again, with their tasks begun anew: m2, w1." in said
    said = consequences([one for one in found if one.swarm], "prod", "m1")
    assert "All answer: see machsh cluster status prod first." in said


def test_a_worker_begins_none_and_is_not_asked_again_and_again(session, lost, monkeypatch):
    monkeypatch.setattr(recovery, "LEAD_SECONDS", 0.3)
    lost.tells_managers = False
    with pytest.raises(MachshError, match=r'^the engine of "w1" refuses: .* not a swarm manager'):
        recover(session.machines, "prod", "w1", NullProgress())
    assert not lost.has_leader


def test_a_locked_manager_is_unlocked_first(session, lost):
    lost.nodes["m1"].is_locked = True
    with pytest.raises(MachshError, match="the key of the cluster"):
        recover(session.machines, "prod", "m1", NullProgress())
    path = key_path(session.machines.store, "prod")
    path.parent.mkdir()
    path.write_text(f"{lost.key}\n")
    recover(session.machines, "prod", "m1", NullProgress())
    assert not lost.nodes["m1"].is_locked
    assert clusters(session.machines) == {"prod": ["m1", "m2", "w1"]}
