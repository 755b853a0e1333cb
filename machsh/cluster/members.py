"""The machines of a cluster, and the way to one of its managers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from machsh.cluster.nodes import Node
from machsh.cluster.swarm_api import SwarmApi, connect
from machsh.deadline import Deadline, poll
from machsh.errors import MachshError, UsageError
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.machine.parallel import first_value
from machsh.suggest import did_you_mean

SECONDS = 5.0
"""How long the managers have to answer until the cluster counts as out of reach."""
ROLE_SECONDS = 30.0
"""How long a node may take to get its other role."""
_SPARE_SECONDS = 0.5


class NoManagerError(MachshError):
    """No manager of a cluster can act for it."""

    may_change: bool = False
    """Whether a manager has answered that knows no leader: the managers may be electing one."""


class NoLeaderError(MachshError):
    """An engine is there, but it cannot act: it knows no leader, or says nothing."""


def cluster_of(machines: Machines, name: str) -> str:
    """Return the cluster of a machine; empty if it has none or its record cannot be read."""
    try:
        return machines.get(name).record.machsh.cluster
    except MachshError:
        return ""


def clusters(machines: Machines) -> dict[str, list[str]]:
    """Return each cluster with the names of its machines, in the store's order."""
    found: dict[str, list[str]] = {}
    for name in machines.names():
        if cluster := cluster_of(machines, name):
            found.setdefault(cluster, []).append(name)
    return dict(sorted(found.items()))


def members(machines: Machines, cluster: str) -> list[str]:
    """Return the names of a cluster's machines. Raises UsageError if there is no such cluster."""
    known = clusters(machines)
    if cluster not in known:
        hint = did_you_mean(cluster, list(known)) or "make one: machsh cluster init NAME @machines"
        raise UsageError(f'there is no cluster "{cluster}"', hint=hint)
    return known[cluster]


@contextmanager
def manager_of(machines: Machines, cluster: str) -> Iterator[SwarmApi]:
    """Connect to a manager that can act for the cluster: the first that answers.

    Raises MachshError if none does; the error says how each failed.
    """
    with manager_and_nodes(machines, cluster) as (api, _):
        yield api


@contextmanager
def manager_and_nodes(machines: Machines, cluster: str) -> Iterator[tuple[SwarmApi, list[Node]]]:
    """Connect as `manager_of` does, and return the cluster's nodes of the same exchange, too."""
    api, nodes = find_manager(machines, cluster)
    try:
        yield api, nodes
    finally:
        api.close()


def find_manager(machines: Machines, cluster: str, seconds: float = SECONDS) -> tuple[SwarmApi, list[Node]]:
    """Ask all machines of a cluster side by side, and return the first that can act for it, with its nodes.

    The caller closes the connection. Raises UsageError for an unknown cluster, NoManagerError if none can
    act within `seconds`; the error says how each failed.
    """
    names = members(machines, cluster)
    tasks = [partial(_leads, machines.get(name), seconds) for name in names]
    # Those that run out of time say so before the race ends.
    race = first_value(tasks, seconds + _SPARE_SECONDS, _close)
    found, errors = race
    if found is not None:
        return found
    said = "; ".join(f"{name}: {errors.get(at, 'no answer')}" for at, name in enumerate(names))
    failure = NoManagerError(
        f'no manager of cluster "{cluster}" can act for it: {said}',
        hint="start its machines; when most of its managers are lost for good, begin anew from one: "
        f"machsh cluster recover {cluster} NAME",
    )
    failure.may_change = any(isinstance(error, NoLeaderError) for error in errors.values())
    raise failure


def _close(late: tuple[SwarmApi, list[Node]]) -> None:
    late[0].close()


def _leads(machine: Machine, seconds: float) -> tuple[SwarmApi, list[Node]]:
    api = connect(machine, seconds)
    try:
        return api, _acting_nodes(api)
    except BaseException:
        api.close()
        raise


def _acting_nodes(api: SwarmApi) -> list[Node]:
    """Return the nodes that a manager lists: it is refused without a majority of managers.

    Raises MachshError if this engine cannot act for the cluster.
    """
    try:
        swarm, nodes = api.swarm_and_nodes()
    except MachshError as error:
        if isinstance(error.__cause__, TimeoutError):  # so does the engine of a manager that knows no leader
            raise NoLeaderError("accepts the connection and does not answer") from error
        raise
    if not swarm.is_manager:
        raise MachshError(f"is no manager ({swarm.state})" if not swarm.error else swarm.error)
    if not nodes:
        raise NoLeaderError("is a manager that knows no leader")
    return nodes


def node_named(machines: Machines, nodes: list[Node], name: str) -> Node:
    """Return the node that a machine is. Raises MachshError if the cluster does not list it."""
    identity = machines.get(name).record.machsh.node_id
    for node in nodes:
        if node.id == identity or (not identity and node.host_name == name):
            return node
    raise MachshError(
        f'"{name}" is no node of its cluster any more',
        hint=f"take it in again: machsh cluster join CLUSTER {name}",
    )


def wait_for_manager(api: SwarmApi, identity: str, name: str) -> None:
    """Wait until a node that was made a manager is one that the others reach.

    Until then it counts as lost: what asks for a majority next would be refused. Raises MachshError.
    """

    def is_reached() -> bool:
        try:
            return any(node.id == identity and node.is_reachable for node in api.nodes())
        except MachshError:  # it is asked itself, and is no manager yet, or knows no leader
            return False

    if not poll(is_reached, Deadline.after(ROLE_SECONDS), pause=0.2):
        raise MachshError(
            f'"{name}" was made a manager, but the others do not reach it after {ROLE_SECONDS:.0f} s',
            hint="look at it: machsh cluster status",
        )
