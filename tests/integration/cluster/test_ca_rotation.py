"""A new authority of the nodes' certificates: each step is told, and what holds it up is named."""

import pytest

from machsh.cluster import ca_rotation
from machsh.cluster.ca_rotation import rotate_ca
from machsh.errors import MachshError
from machsh.testing.fakes import RecordingProgress
from tests.support.swarm import KEY, ROOT


@pytest.fixture
def progress():
    return RecordingProgress()


def test_it_waits_until_all_nodes_have_new_certificates(session, swarm, progress):
    rotate_ca(session.machines, "prod", progress)
    assert swarm.updates[0]["CAConfig"] == {"NodeCertExpiry": 9, "ForceRotate": 1}
    assert {node.authority for node in swarm.nodes.values()} == {("root-2", "key-2")}
    assert progress.said[-1] == ("step", "3 of 3 nodes have certificates of the new authority...")


def test_a_rotation_under_way_is_gone_on_with(session, swarm, progress):
    swarm.authority, swarm.is_rotating = ("root-2", "key-2"), True
    rotate_ca(session.machines, "prod", progress)
    assert swarm.updates == []
    assert "is being replaced already" in progress.said[0][1]


def test_a_node_that_is_down_is_warned_of_and_named(session, swarm, progress, monkeypatch):
    monkeypatch.setattr(ca_rotation, "DOWN_SECONDS", 0.1)
    swarm.nodes["w1"].state = "down"
    with pytest.raises(MachshError, match=r"it waits for w1 \(down\)") as caught:
        rotate_ca(session.machines, "prod", progress)
    assert ("warning", "w1 is down: the rotation cannot end before it is back") in progress.said
    assert "leave --force" in caught.value.hint
    assert swarm.nodes["m1"].authority != (ROOT, KEY)


def test_a_rotation_that_takes_too_long_names_the_nodes(session, swarm, progress, monkeypatch):
    monkeypatch.setattr(swarm, "_renew_one", lambda: None)
    with pytest.raises(MachshError, match=r"m1 \(ready\), m2 \(ready\), w1 \(ready\)"):
        rotate_ca(session.machines, "prod", progress, seconds=0.2)


@pytest.mark.parametrize(
    ("words", "said"), [("ca prod", 'does not know "prod"'), ("prod x y", "takes one cluster")]
)
def test_other_words_are_refused(session, swarm, words, said):
    assert session.runner.execute(f"cluster rotate {words}") == 2
    assert said in session.environment.err
    assert swarm.updates == []


def test_without_a_word_the_join_tokens_are_made_anew(session, swarm):
    assert session.runner.execute("cluster rotate prod") == 0
    assert any("POST /swarm/update" in asked for asked in swarm.requests.values())
    assert "has new join tokens" in session.environment.out
