"""Changes nodes of a cluster (role, availability, labels), and removes machines from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from machsh.cluster.members import (
    ROLE_SECONDS,
    cluster_of,
    manager_of,
    members,
    node_named,
    wait_for_manager,
)
from machsh.cluster.nodes import INACTIVE, MANAGER, UPGRADING_LABEL, WORKER, Node, check_may_go
from machsh.cluster.swarm_api import SwarmApi, connected
from machsh.deadline import Deadline, poll
from machsh.errors import MachshError, UsageError
from machsh.machine.machines import Machines
from machsh.progress import Progress


def change(machines: Machines, names: Sequence[str], make: Callable[[SwarmApi, Node], None]) -> None:
    """Apply a change to the nodes of machines, which may be in several clusters. Raises MachshError."""
    for cluster, own in _by_cluster(machines, names).items():
        with manager_of(machines, cluster) as api:
            for name in own:
                make(api, node_named(machines, api.nodes(), name))


def demote(machines: Machines, names: Sequence[str]) -> None:
    """Make managers workers. Raises MachshError, before any of them is changed, if they may not all go."""
    for cluster, own in _by_cluster(machines, names).items():
        with manager_of(machines, cluster) as api:
            nodes = api.nodes()
        for name in own:
            node = node_named(machines, nodes, name)
            if node.role == MANAGER:
                _check_votes(node)
                _check_may_serve(node, nodes)
                nodes = [
                    replace(one, role=WORKER, votes=False) if one.id == node.id else one for one in nodes
                ]
    change(machines, names, set_role(WORKER))


def _check_may_serve(node: Node, nodes: Sequence[Node]) -> None:
    """Raise MachshError if the cluster needs this node as a manager."""
    if len(nodes) == 1:
        raise MachshError(
            f'"{node.host_name}" is alone in its cluster, and stays its manager',
            hint="take another machine in first: machsh cluster join --manager CLUSTER NAME; "
            "or end the cluster: machsh cluster rm CLUSTER",
        )
    check_may_go(node, nodes)


def set_role(role: str) -> Callable[[SwarmApi, Node], None]:
    """Return the change that makes a node a manager, and waits for it, or a worker.

    The change raises MachshError if quorum would be lost.
    """

    def make(api: SwarmApi, node: Node) -> None:
        if node.role == role:
            return
        if role == WORKER:
            _check_votes(node)
            _check_may_serve(node, api.nodes())
        api.change_node(node, Role=role)
        if role == MANAGER:
            wait_for_manager(api, node.id, node.host_name)

    return make


def _check_votes(node: Node) -> None:
    """Raise MachshError for a node that is still being promoted: engines refuse to undo that."""
    if not node.votes:
        raise MachshError(
            f'"{node.host_name}" was made a manager and is not one yet: before, engines refuse to undo it',
            hint="wait until it is, or take it out and in again: machsh cluster leave NAME; "
            "machsh cluster join CLUSTER NAME",
        )


def set_availability(availability: str, *, for_upgrade: bool = False) -> Callable[[SwarmApi, Node], None]:
    """Return the change that moves a node's tasks elsewhere (`drain`) or lets it take tasks (`active`).

    With `for_upgrade` the node is marked as drained for its upgrade only; else such a mark is removed.
    """

    def make(api: SwarmApi, node: Node) -> None:
        labels = {key: value for key, value in node.labels.items() if key != UPGRADING_LABEL}
        if for_upgrade:
            labels[UPGRADING_LABEL] = ""
        if node.availability != availability or labels != node.labels:
            api.change_node(node, Availability=availability, Labels=labels)

    return make


def set_labels(words: Sequence[str]) -> Callable[[SwarmApi, Node], None]:
    """Return the change of a node's labels: `KEY=VALUE` sets one, `KEY-` removes it. Raises UsageError."""
    if not words:
        raise UsageError("no label is named", hint="for example: machsh cluster label web-1 disk=ssd zone-")
    for word in words:
        if "=" not in word and not word.endswith("-"):
            raise UsageError(f'"{word}" is no label', hint="KEY=VALUE sets one, KEY- removes it")

    def make(api: SwarmApi, node: Node) -> None:
        labels = dict(node.labels)
        for word in words:
            key, equals, value = word.partition("=")
            if equals:
                labels[key] = value
            else:
                labels.pop(word.removesuffix("-"), None)
        if labels != node.labels:
            api.change_node(node, Labels=labels)

    return make


def remove_lost(api: SwarmApi, node: Node) -> None:
    """Remove a node whose engine is lost. A manager that still votes is demoted first.

    Raises MachshError if it is not gone after ROLE_SECONDS.
    """
    try:
        api.remove_node(node, force=True)
        return
    except MachshError:
        if node.role != MANAGER:
            raise
    api.change_node(node, Role=WORKER)
    last: MachshError | None = None

    def is_removed() -> bool:
        nonlocal last
        try:
            api.remove_node(node, force=True)
        except MachshError as error:
            last = error
            return False
        return True

    if not poll(is_removed, Deadline.after(ROLE_SECONDS), pause=0.3) and last is not None:
        raise last


def check_may_leave(machines: Machines, names: Sequence[str]) -> None:
    """Raise MachshError if a cluster would have no majority of managers without these machines.

    A whole cluster may always leave.
    """
    for cluster, own in _by_cluster(machines, names).items():
        if set(own) == set(members(machines, cluster)):
            continue
        with manager_of(machines, cluster) as api:
            nodes = api.nodes()
        for name in own:
            node = next((one for one in nodes if one.id == machines.get(name).record.machsh.node_id), None)
            if node is not None:
                check_may_go(node, nodes)
                nodes = [one for one in nodes if one.id != node.id]


def leave(machines: Machines, names: Sequence[str], progress: Progress, *, force: bool = False) -> None:
    """Remove machines from their clusters; managers are demoted first.

    With `force`, a machine is removed even if it does not answer, or if quorum is lost. Raises MachshError,
    for instance if quorum needs the machine.
    """
    for cluster, own in _by_cluster(machines, names).items():
        if set(own) == set(members(machines, cluster)):
            _end(machines, cluster, own, progress, force=force)
            continue
        for name in own:
            _take_out(machines, cluster, name, progress, force=force)


def _end(machines: Machines, cluster: str, names: Sequence[str], progress: Progress, *, force: bool) -> None:
    """End a whole cluster: all machines leave the swarm; the managers' state is lost."""
    for name in names:
        _leave_swarm(machines, name, progress, force=force)
        _forget(machines, name)
    progress.info(f'The cluster "{cluster}" has ended.')


def _take_out(machines: Machines, cluster: str, name: str, progress: Progress, *, force: bool) -> None:
    with manager_of(machines, cluster) as api:
        node = _find_node(machines, api, name)
    if node is not None:
        _give_up_role(machines, cluster, name, node, force=force)
    _leave_swarm(machines, name, progress, force=force)
    if node is not None:
        with manager_of(machines, cluster) as api:
            remaining = _find_node(machines, api, name)
            if remaining is not None:
                api.remove_node(remaining, force=True)
    _forget(machines, name)
    progress.info(f'"{name}" has left the cluster "{cluster}".')


def _give_up_role(machines: Machines, cluster: str, name: str, node: Node, *, force: bool) -> None:
    """Demote a manager and wait for it. Raises MachshError if quorum needs the manager."""
    if node.role != MANAGER or not node.votes:
        return
    with manager_of(machines, cluster) as api:
        if not force:
            check_may_go(node, api.nodes())
        api.change_node(node, Role=WORKER)

    def is_worker() -> bool:
        with connected(machines.get(name)) as own:
            return not own.swarm().is_manager

    try:
        done = poll(is_worker, Deadline.after(ROLE_SECONDS), pause=0.3)
    except MachshError:
        if not force:
            raise
        return
    if not done and not force:
        raise MachshError(f'"{name}" is still a manager after {ROLE_SECONDS:.0f} s', hint="try it again")


def _leave_swarm(machines: Machines, name: str, progress: Progress, *, force: bool) -> None:
    try:
        with connected(machines.get(name)) as api:
            if api.swarm().state != INACTIVE:
                api.leave(force=True)
    except MachshError as error:
        if not force:
            raise MachshError(
                f'"{name}" cannot leave: {error}',
                hint=f"take it out as lost: machsh cluster leave --force {name}",
            ) from error
        progress.warning(f'"{name}" does not answer; it is taken out as lost: {error}')


def _find_node(machines: Machines, api: SwarmApi, name: str) -> Node | None:
    try:
        return node_named(machines, api.nodes(), name)
    except MachshError:
        return None


def _forget(machines: Machines, name: str) -> None:
    with machines.store.change(name) as record:
        record.machsh.cluster = record.machsh.node_id = ""


def _by_cluster(machines: Machines, names: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        machines.get(name)
        cluster = cluster_of(machines, name)
        if not cluster:
            raise UsageError(
                f'"{name}" is in no cluster', hint=f"take it in: machsh cluster join CLUSTER {name}"
            )
        found.setdefault(cluster, []).append(name)
    return found
