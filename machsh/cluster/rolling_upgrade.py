"""Upgrades the engines of a cluster one after the other; the other nodes take over the tasks meanwhile."""

from __future__ import annotations

from machsh.cluster.autolock import kept_key, key_path, unlock_machine
from machsh.cluster.cluster_status import NodeStatus, status
from machsh.cluster.members import manager_of, node_named
from machsh.cluster.node_changes import change, set_availability
from machsh.cluster.nodes import ACTIVE, DRAIN, MANAGER, Node, check_may_go
from machsh.deadline import Deadline, poll
from machsh.errors import MachshError
from machsh.machine.errors import prefixed
from machsh.machine.machines import Machines
from machsh.progress import Progress

READY_SECONDS = 180.0
"""How long a node may take to be ready after its engine was upgraded."""


def upgrade(machines: Machines, cluster: str, progress: Progress, *, seconds: float = 0) -> list[str]:
    """Upgrade workers first, then managers, the leader last; return the machines in that order.

    Each node is drained, upgraded, waited for, and made active again if it was. The first node that does not
    come back ends the upgrade: it stays drained, the remaining ones are not touched. A later call resumes an
    interrupted upgrade, and activates the nodes that it had drained. Raises MachshError.
    """
    found = [member for member in status(machines, cluster).nodes if member.machine and member.node]
    done = []
    for member in sorted(found, key=_turn):
        try:
            _upgrade_one(machines, cluster, member.machine, progress, seconds)
        except MachshError as error:
            reported = prefixed(f'the upgrade of "{cluster}" ends at "{member.machine}"', error)
            reported.hint = (
                reported.hint or f"when it is well again: machsh cluster activate {member.machine}"
            )
            raise reported from error
        done.append(member.machine)
    return done


def _turn(member: NodeStatus) -> tuple[bool, bool, str]:
    node = member.node
    return (node is not None and node.role == MANAGER, node is not None and node.is_leader, member.machine)


def _upgrade_one(machines: Machines, cluster: str, name: str, progress: Progress, seconds: float) -> None:
    with manager_of(machines, cluster) as api:
        nodes = api.nodes()
        node = node_named(machines, nodes, name)
    is_alone = len(nodes) == 1
    if not is_alone:
        check_may_go(node, nodes)
    is_drained_here = node.takes_tasks and not is_alone
    if is_drained_here:
        progress.step(f'Draining "{name}"...')
        change(machines, [name], set_availability(DRAIN, for_upgrade=True))
    machines.upgrade(name, seconds=seconds)
    _wait_until_ready(machines, cluster, name)
    if is_drained_here:
        change(machines, [name], set_availability(ACTIVE))


def _wait_until_ready(machines: Machines, cluster: str, name: str) -> None:
    last: Node | None = None

    def is_ready() -> bool:
        nonlocal last
        try:
            if key_path(machines.store, cluster).exists():
                unlock_machine(machines.get(name), kept_key(machines.store, cluster))
            with manager_of(machines, cluster) as api:
                last = node_named(machines, api.nodes(), name)
        except MachshError:
            return False
        return last.state == "ready" and (not last.votes or last.is_reachable)

    if not poll(is_ready, Deadline.after(READY_SECONDS), pause=1.0):
        state = last.state if last else "unknown"
        raise MachshError(
            f'"{name}" is not back in its cluster after {READY_SECONDS:.0f} s ({state})',
            hint=f"look at its engine's log: machsh ssh {name} sudo journalctl -u docker",
        )
