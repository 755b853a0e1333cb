"""What engines say of swarms, and the arithmetic of quorum."""

import pytest

from machsh.cluster.nodes import (
    MANAGER,
    WORKER,
    Node,
    Swarm,
    check_may_go,
    left_behind,
    node_of,
    quorum_in_words,
    swarm_of,
)
from machsh.errors import MachshError


def node(name, role=MANAGER, *, reachable=True, votes=None):
    votes = role == MANAGER if votes is None else votes
    return Node(name, name, role, "active", "ready", is_reachable=reachable and votes, votes=votes)


def managers(reachable, lost=0):
    return [node(f"m{n}", reachable=n < reachable) for n in range(reachable + lost)]


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        (managers(1), "1 manager: may lose none"),
        (managers(2), "2 managers: may lose none; an odd number would be as safe with one less"),
        (managers(3), "3 managers: may lose 1"),
        ([*managers(3), node("w", WORKER)], "3 managers: may lose 1"),
        (managers(2, 1), "3 managers, 1 of them lost: may lose none"),
        (managers(1, 2), "3 managers, 2 of them lost: no majority is left, the cluster takes no changes"),
        ([*managers(1), node("m9", votes=False)], "1 manager: may lose none; 1 more is to become one"),
        (
            [*managers(3), node("w", WORKER, votes=True)],
            "4 managers: may lose 1; an odd number would be as safe with one less",
        ),
        (managers(5), "5 managers: may lose 2"),
        (managers(4, 1), "5 managers, 1 of them lost: may lose 1"),
    ],
)
def test_quorum_in_words(nodes, words):
    assert quorum_in_words(nodes) == words


@pytest.mark.parametrize("nodes", [managers(2), managers(3), managers(3, 1), [*managers(1)]])
def test_a_manager_may_go_while_a_majority_of_the_others_answers(nodes):
    check_may_go(nodes[0], nodes)


def test_a_worker_may_always_go():
    check_may_go(node("w", WORKER), [node("w", WORKER), *managers(1, 2)])


def test_the_last_manager_stays_while_there_are_workers():
    with pytest.raises(MachshError, match='"m0" is the last manager of its cluster') as found:
        check_may_go(node("m0"), [node("m0"), node("w", WORKER)])
    assert "promote" in found.value.hint


def test_who_does_not_vote_is_not_missed():
    coming = node("m9", votes=False)
    check_may_go(coming, [*managers(1, 2), coming])
    with pytest.raises(MachshError, match="last manager"):
        check_may_go(node("m0"), [*managers(1), coming])


def test_a_manager_that_quorum_needs_stays():
    nodes = managers(2, 1)
    text = 'without "m0" 1 of 2 managers would be reachable, and 2 are needed'
    with pytest.raises(MachshError, match=text):
        check_may_go(nodes[0], nodes)
    check_may_go(nodes[2], nodes)  # the lost one is not missed


NODE = {
    "ID": "n1",
    "Version": {"Index": 9},
    "Spec": {"Role": "manager", "Availability": "drain", "Labels": {"disk": "ssd"}},
    "Description": {"Hostname": "web", "Engine": {"EngineVersion": "28.5.1"}},
    "Status": {"State": "ready", "Addr": "192.0.2.1"},
    "ManagerStatus": {"Leader": True, "Reachability": "reachable", "Addr": "192.0.2.1:2377"},
}


def test_a_node_is_read():
    found = node_of(NODE)
    assert (found.id, found.host_name, found.role, found.availability) == ("n1", "web", "manager", "drain")
    assert (found.state, found.engine_version, found.address) == ("ready", "28.5.1", "192.0.2.1")
    assert (found.is_leader, found.is_reachable, found.votes) == (True, True, True)
    assert (found.labels, found.version) == ({"disk": "ssd"}, 9)
    assert not node_of({**NODE, "ManagerStatus": None}).votes


@pytest.mark.parametrize(
    "wrong",
    [None, [], "x", {}, {**NODE, "ID": ""}, {**NODE, "Version": {}}, {**NODE, "Version": {"Index": "9"}},
     {**NODE, "Spec": []}, {**NODE, "Status": 1}, {**NODE, "Spec": {"Labels": ["x"]}}],
)  # fmt: skip
def test_an_answer_that_is_no_node_is_an_error(wrong):
    with pytest.raises(MachshError, match="not what its API promises"):
        node_of(wrong)


@pytest.mark.parametrize(
    ("info", "swarm"),
    [
        ({}, Swarm()),
        ({"Swarm": {"LocalNodeState": "inactive", "NodeID": ""}}, Swarm()),
        (
            {
                "Swarm": {
                    "LocalNodeState": "active",
                    "NodeID": "n",
                    "ControlAvailable": True,
                }
            },
            Swarm("active", "n", True),
        ),
        ({"Swarm": {"LocalNodeState": "error", "Error": "no raft"}}, Swarm("error", error="no raft")),
        ({"Swarm": {"LocalNodeState": 5, "Cluster": None}}, Swarm()),
    ],
)
def test_an_engines_part_is_read(info, swarm):
    assert swarm_of(info) == swarm


@pytest.mark.parametrize("wrong", [None, [], {"Swarm": []}])
def test_an_answer_that_is_no_information_is_an_error(wrong):
    with pytest.raises(MachshError):
        swarm_of(wrong)


@pytest.mark.parametrize(
    ("changes", "is_it"),
    [
        ({}, True),
        ({"state": "unknown"}, True),
        ({"state": "ready"}, False),
        ({"host_name": "db"}, False),
        ({"address": "192.0.2.2"}, False),
        ({"id": "known"}, False),
    ],
)
def test_a_node_that_a_host_was_is_down_and_has_its_name_and_address(changes, is_it):
    made = {"id": "n", "host_name": "web", "role": MANAGER, "availability": "active", "state": "down"}
    node = Node(**{**made, "address": "192.0.2.1", **changes})
    assert left_behind([node], "web", "192.0.2.1", {"known"}) == ([node] if is_it else [])
    assert left_behind([node], "", "192.0.2.1", ()) == []
    assert left_behind([node], "web", "", ()) == []
