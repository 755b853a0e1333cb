"""What `cluster status` shows, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machsh.output.results import Document, Table

if TYPE_CHECKING:
    from machsh.cluster.cluster_status import ClusterStatus, NodeStatus

COLUMNS = ("MACHINE", "NODE", "ROLE", "AVAILABILITY", "STATE", "ENGINE", "ADDRESS")


def table(found: ClusterStatus) -> Table:
    """Return the nodes as a table; their host names only if one is another than its machine's name."""
    rows, styles = [], []
    for status in found.nodes:
        rows.append(_cells(status))
        styles.append(("machine", "", "", "", "" if status.state == "ready" else "error", "dim", "dim"))
    if any(status.node and status.node.host_name != status.machine for status in found.nodes):
        return Table(COLUMNS, rows, styles)
    machine, _, *others = COLUMNS
    return Table(
        (machine, *others), [(row[0], *row[2:]) for row in rows], [(look[0], *look[2:]) for look in styles]
    )


def document(found: ClusterStatus) -> Document:
    """Return the status for programs."""
    return Document(
        {"cluster": found.name, "quorum": found.quorum, "nodes": [_as_json(status) for status in found.nodes]}
    )


def _cells(status: NodeStatus) -> tuple[str, ...]:
    from machsh.cluster.nodes import MANAGER

    node = status.node
    if node is None:
        return status.machine, "", "", "", status.state, "", ""
    role = f"{node.role} (leader)" if node.is_leader else node.role
    if node.role == MANAGER and not node.votes:
        role = f"{node.role} (not yet)"
    return (
        status.machine,
        node.host_name,
        role,
        node.availability,
        status.state,
        node.engine_version,
        node.address,
    )


def _as_json(status: NodeStatus) -> dict[str, object]:
    node = status.node
    found: dict[str, object] = {"machine": status.machine, "state": status.state}
    if node is not None:
        found |= {
            "node": node.host_name,
            "id": node.id,
            "role": node.role,
            "leader": node.is_leader,
            "availability": node.availability,
            "engine": node.engine_version,
            "address": node.address,
            "labels": node.labels,
        }
    return found
