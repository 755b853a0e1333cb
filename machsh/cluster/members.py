"""The machines of a cluster, and the way to one of its managers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from machsh.cluster.nodes import Node
from machsh.cluster.swarm_api import SwarmApi, connected
from machsh.errors import MachshError, UsageError
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.machine.parallel import first_value
from machsh.suggest import did_you_mean

SECONDS = 5.0
"""How long the managers have to answer until the cluster counts as out of reach."""


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
        hint = did_you_mean(cluster, list(known)) or "cluster init NAME @machines makes one"
        raise UsageError(f'there is no cluster "{cluster}"', hint=hint)
    return known[cluster]


@contextmanager
def manager_of(machines: Machines, cluster: str) -> Iterator[SwarmApi]:
    """Connect to a manager that can act for the cluster: the first that answers.

    Raises MachshError if none does; the error says how each failed.
    """
    names = members(machines, cluster)
    tasks = [_leads(machines.get(name)) for name in names]
    found, errors = first_value(tasks, SECONDS)
    if found is None:
        said = "; ".join(f"{name}: {errors.get(at, 'no answer')}" for at, name in enumerate(names))
        raise MachshError(
            f'no manager of cluster "{cluster}" can act for it: {said}',
            hint="start its machines; when most of its managers are lost for good, begin anew from one: "
            f"machsh cluster recover {cluster} NAME",
        )
    with connected(found) as api:
        yield api


def _leads(machine: Machine) -> Callable[[], Machine]:
    def asked() -> Machine:
        with connected(machine, SECONDS) as api:
            swarm = api.swarm()
            if not swarm.is_manager:
                raise MachshError(f"is no manager ({swarm.state})" if not swarm.error else swarm.error)
            api.nodes()  # refused without a majority of managers
            return machine

    return asked


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
