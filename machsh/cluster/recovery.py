"""Begins a cluster anew from one manager when the majority of its managers is lost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from machsh.cluster.autolock import kept_key, unlock_machine
from machsh.cluster.formation import take_in
from machsh.cluster.members import members
from machsh.cluster.nodes import INACTIVE, LOCKED, MANAGER, WORKER, Swarm
from machsh.cluster.swarm_api import PART_SECONDS, connected
from machsh.deadline import Deadline, poll
from machsh.errors import MachshError, RefusedError
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.machine.parallel import run_all
from machsh.progress import Progress

LEAD_SECONDS = 120.0
"""How long the manager may take to lead its new cluster of one."""
NOT_A_MANAGER = "not a swarm manager"
"""What the engine of a worker says."""


@dataclass(frozen=True, slots=True)
class Member:
    """A machine of a cluster that is recovered, and what its engine says."""

    name: str
    swarm: Swarm | None = None
    """None if the engine does not answer."""


def survey(machines: Machines, cluster: str) -> list[Member]:
    """Ask the cluster's machines side by side for their part in it; those that do not answer are lost."""
    names = members(machines, cluster)
    outcomes = run_all([partial(_swarm_of, machines.get(name)) for name in names], PART_SECONDS)
    return [Member(name, outcome.value) for name, outcome in zip(names, outcomes, strict=True)]


def _swarm_of(machine: Machine) -> Swarm:
    with connected(machine, PART_SECONDS) as api:
        return api.swarm()


def check_can_recover(found: list[Member], name: str) -> None:
    """Raise RefusedError unless the machine's engine answers and is in a swarm.

    Without a majority of managers an engine does not say whether it is one of them.
    """
    own = next((one.swarm for one in found if one.name == name), None)
    if own is None or own.state == INACTIVE:
        others = ", ".join(one.name for one in found if one.swarm and one.swarm.state != INACTIVE)
        raise RefusedError(
            f'the engine of "{name}" {"is in no swarm" if own else "does not answer"}',
            hint=f"those of the cluster that answer: {others or 'none'}",
        )


def recover(machines: Machines, cluster: str, name: str, progress: Progress) -> None:
    """Begin the cluster anew from a manager, and take the others that answer in again, in their roles.

    The services, networks and secrets stay, as the manager knows them. Raises RefusedError, MachshError.
    """
    found = survey(machines, cluster)
    check_can_recover(found, name)
    first = machines.get(name)
    if any(one.name == name and one.swarm and one.swarm.state == LOCKED for one in found):
        unlock_machine(first, kept_key(machines.store, cluster))
    _begin_anew(first)
    progress.info(f'"{name}" is the only manager of "{cluster}" now.')
    others = [one for one in found if one.name != name]
    for one in others:
        role = _role(first, machines, one)
        if one.swarm is not None:
            take_in(machines, cluster, [one.name], role, progress, anew=True)
            continue
        _let_go(machines, one.name)
        progress.warning(
            f'"{one.name}" is lost: it does not answer. When it is back, take it in anew: '
            f"machsh cluster join {cluster} {one.name}"
        )


def _let_go(machines: Machines, name: str) -> None:
    """Count a lost machine as no member: back again, it may act for the cluster as it was before.

    Its node's identity is kept, so that `join` knows that its engine may leave that old cluster.
    """
    with machines.store.change(name) as record:
        record.machsh.cluster = ""


def _begin_anew(machine: Machine) -> None:
    """Make the manager the only one, and wait until it leads.

    An engine whose managers have just been lost may be too busy with their election for the first requests.
    """
    last = ""
    is_asked = False

    def leads() -> bool:
        nonlocal last, is_asked
        try:
            with connected(machine) as api:
                if not is_asked:
                    api.force_new(machine.ip())
                    is_asked = True
                return any(node.is_leader for node in api.nodes())
        except MachshError as error:
            last = str(error)
            if NOT_A_MANAGER in last:
                raise
            return False

    if not poll(leads, Deadline.after(LEAD_SECONDS), pause=1.0):
        raise MachshError(
            f'"{machine.name}" does not lead its cluster after {LEAD_SECONDS:.0f} s: {last}',
            hint=f"restart its engine and try again: machsh ssh {machine.name} sudo systemctl restart docker",
        )


def _role(first: Machine, machines: Machines, one: Member) -> str:
    """Return the role that a machine had, and remove its node from the list if the machine is lost.

    The nodes of the others stay in the list until they have joined anew, so that a recovery that is
    interrupted still knows their roles. Managers need not be demoted before: the new cluster does not count
    them as such any more.
    """
    known = {machines.get(one.name).record.machsh.node_id, one.swarm.node_id if one.swarm else ""} - {""}
    role = WORKER
    with connected(first) as api:
        for node in api.nodes():
            if node.id in known:
                role = MANAGER if node.role == MANAGER else role
                if one.swarm is None:
                    api.remove_node(node, force=True)
    return role
