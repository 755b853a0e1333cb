"""Begins a cluster anew from one manager when the majority of its managers is lost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from machsh.cluster.formation import join
from machsh.cluster.members import SECONDS, members
from machsh.cluster.nodes import MANAGER, Node, Swarm
from machsh.cluster.swarm_api import connected
from machsh.deadline import Deadline, poll
from machsh.errors import MachshError, RefusedError
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.machine.parallel import run_all
from machsh.progress import Progress

LEAD_SECONDS = 60.0
"""How long the manager may take to lead its new cluster of one."""


@dataclass(frozen=True, slots=True)
class Member:
    """A machine of a cluster that is recovered, and what its engine says."""

    name: str
    swarm: Swarm | None = None
    """None if the engine does not answer."""


def survey(machines: Machines, cluster: str) -> list[Member]:
    """Ask the cluster's machines side by side for their part in it; those that do not answer are lost."""
    names = members(machines, cluster)
    outcomes = run_all([partial(_swarm_of, machines.get(name)) for name in names], SECONDS)
    return [Member(name, outcome.value) for name, outcome in zip(names, outcomes, strict=True)]


def _swarm_of(machine: Machine) -> Swarm:
    with connected(machine, SECONDS) as api:
        return api.swarm()


def check_can_recover(found: list[Member], name: str) -> None:
    """Raise RefusedError unless the machine is a manager that answers."""
    own = next((one.swarm for one in found if one.name == name), None)
    if own is None or not own.is_manager:
        managers = ", ".join(one.name for one in found if one.swarm and one.swarm.is_manager)
        raise RefusedError(
            f'"{name}" is no manager that answers', hint=f"managers that answer: {managers or 'none'}"
        )


def recover(machines: Machines, cluster: str, name: str, progress: Progress) -> None:
    """Begin the cluster anew from a manager, and take the others that answer in again, in their roles.

    The services, networks and secrets stay, as the manager knows them. Raises RefusedError, MachshError.
    """
    found = survey(machines, cluster)
    check_can_recover(found, name)
    first = machines.get(name)
    with connected(first) as api:
        api.force_new(first.ip())
    progress.info(f'"{name}" is the only manager of "{cluster}" now.')
    _wait_until_it_leads(first)
    others = [one for one in found if one.name != name]
    _drop(first, machines, others)
    for one in others:
        if one.swarm is None:
            progress.warning(f'"{one.name}" is lost: it does not answer; take it in later, or machsh rm it')
            continue
        with connected(machines.get(one.name)) as api:
            api.leave(force=True)
        role = MANAGER if one.swarm.is_manager else "worker"
        join(machines, cluster, [one.name], role, progress, is_checked=True)


def _wait_until_it_leads(machine: Machine) -> None:
    def leads() -> bool:
        try:
            with connected(machine) as api:
                return any(node.is_leader for node in api.nodes())
        except MachshError:
            return False

    if not poll(leads, Deadline.after(LEAD_SECONDS), pause=0.5):
        raise MachshError(
            f'"{machine.name}" does not lead its cluster after {LEAD_SECONDS:.0f} s',
            hint=f"look at its engine's log: machsh ssh {machine.name} sudo journalctl -u docker",
        )


def _drop(first: Machine, machines: Machines, others: list[Member]) -> None:
    """Remove the nodes of the other machines from the list: they come back with new identities."""
    gone = {machines.get(one.name).record.machsh.node_id for one in others}
    with connected(first) as api:
        for node in _others(api.nodes(), gone):
            if node.role == MANAGER:
                api.change_node(node, Role="worker")
        for node in _others(api.nodes(), gone):
            api.remove_node(node, force=True)


def _others(nodes: list[Node], gone: set[str]) -> list[Node]:
    return [node for node in nodes if node.id in gone]
