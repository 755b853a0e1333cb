"""The nodes of a cluster, matched with the machines of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from machsh.cluster.members import manager_and_nodes, members
from machsh.cluster.nodes import Node, quorum_in_words
from machsh.machine.machines import Machines

GONE = "gone"
"""The state of a machine that the cluster does not list."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node with its machine; one of the two may be missing."""

    machine: str = ""
    """Empty if the node is not a machine of the store."""
    node: Node | None = None
    """None if the cluster does not list the machine."""

    @property
    def state(self) -> str:
        """`ready`, `down`, ..., or `gone`."""
        return self.node.state if self.node else GONE


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """A cluster as one of its managers sees it."""

    name: str
    asked: str
    """The machine that was asked."""
    nodes: tuple[NodeStatus, ...]

    @property
    def quorum(self) -> str:
        """How many managers may fail, in words."""
        return quorum_in_words([one.node for one in self.nodes if one.node])


def status(machines: Machines, cluster: str) -> ClusterStatus:
    """Ask a manager for the nodes. Raises UsageError for an unknown cluster, MachshError if none answers."""
    with manager_and_nodes(machines, cluster) as (api, nodes):
        return ClusterStatus(cluster, api.machine.name, joined(machines, cluster, nodes))


def joined(machines: Machines, cluster: str, nodes: Sequence[Node]) -> tuple[NodeStatus, ...]:
    """Return a cluster's nodes with their machines, and its machines that are not among the nodes."""
    by_id = {machines.get(name).record.machsh.node_id: name for name in members(machines, cluster)}
    found = [NodeStatus(by_id.get(node.id, ""), node) for node in nodes]
    listed = {node.id for node in nodes}
    found += [NodeStatus(name) for identity, name in by_id.items() if identity not in listed]
    return tuple(
        sorted(found, key=lambda one: (one.node is None, one.node is not None and one.node.role, one.machine))
    )
