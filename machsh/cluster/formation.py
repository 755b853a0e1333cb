"""Makes a cluster and takes machines into it. What was begun is gone on with when it is asked for again."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from machsh.cluster.address_pools import DEFAULT_ADDRESSING, DEFAULT_POOLS, Addressing, Routes, refusal, taken
from machsh.cluster.cluster_names import check_cluster_name
from machsh.cluster.members import clusters, manager_and_nodes, members, wait_for_manager
from machsh.cluster.node_changes import remove_lost
from machsh.cluster.node_checks import check_hosts
from machsh.cluster.nodes import INACTIVE, JOINED, MANAGER, PENDING, WORKER, Node, Swarm, left_behind
from machsh.cluster.swarm_api import PART_SECONDS, SwarmApi, connected
from machsh.deadline import Deadline, poll
from machsh.drivers.driver import State
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.machine.errors import raise_all, reason
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.machine.parallel import run_all
from machsh.progress import Progress

SETTLE_SECONDS = 30.0
"""How long a join that was begun before may go on; the engine itself gives up after 20 s."""
MOST_ASKED = 8
"""So many machines of a cluster send UDP to those that join, and hear theirs: each costs a login."""


def init(
    machines: Machines,
    cluster: str,
    managers: Sequence[str],
    workers: Sequence[str],
    progress: Progress,
    addressing: Addressing = DEFAULT_ADDRESSING,
) -> None:
    """Make a cluster of machines; the first manager begins it and the others join.

    A cluster of that name that was begun on the first manager is gone on with. Raises UsageError,
    RefusedError before anything is made, or MachshError.
    """
    _check_new(machines, cluster, managers, workers)
    names = [*managers, *workers]
    is_new = cluster not in clusters(machines)
    routes = _check(machines, cluster, names, {}, progress)
    _check_engines(machines, cluster, names, () if is_new else _identities(machines, cluster))
    if is_new:
        first = machines.get(managers[0])
        with connected(first) as api:
            _begin(api, cluster, addressing, routes, progress)
            _remember(machines, api, cluster)
    else:
        remove_unfinished(machines, cluster, names)
    take_in(machines, cluster, managers, MANAGER, progress)
    take_in(machines, cluster, workers, WORKER, progress)


def join(machines: Machines, cluster: str, names: Sequence[str], role: str, progress: Progress) -> None:
    """Take machines into a cluster after checking them, as `take_in` does. Raises what it raises."""
    if names:
        with manager_and_nodes(machines, cluster) as (api, nodes):
            joining = api.joining()
        others = {node.host_name: node.address for node in nodes if node.is_addressed}
        there = _reached(machines, cluster, nodes, names)
        for text in taken(joining.pools, _check(machines, cluster, names, others, progress, there)):
            pools = ", ".join(joining.pools)
            progress.warning(f'overlay networks of "{cluster}" have addresses of {pools}, and {text}')
        _check_engines(machines, cluster, names, [node.id for node in nodes])
    take_in(machines, cluster, names, role, progress)


def _reached(machines: Machines, cluster: str, nodes: Sequence[Node], names: Sequence[str]) -> list[Machine]:
    """Return machines of the cluster that are well, and that the machines `names` are to reach by UDP."""
    well = {node.id for node in nodes if node.is_addressed}
    known = [machines.get(name) for name in members(machines, cluster) if name not in names]
    return [machine for machine in known if machine.record.machsh.node_id in well][:MOST_ASKED]


def take_in(
    machines: Machines,
    cluster: str,
    names: Sequence[str],
    role: str,
    progress: Progress,
    *,
    anew: bool = False,
) -> None:
    """Take checked machines into a cluster, as managers one after the other, as workers side by side.

    Machines that are in it already are left as they are; with `anew` they leave before, and get a new
    identity. Raises RefusedError, MachshError, or SeveralError.
    """
    if not names:
        return
    with manager_and_nodes(machines, cluster) as (api, nodes):
        joining = api.joining()
    addresses = [node.address for node in nodes if node.role == MANAGER and node.is_reachable]
    known = set() if anew else {node.id for node in nodes}
    remembered = {machines.get(name).record.machsh.node_id for name in members(machines, cluster)}

    def enter(machine: Machine) -> None:
        with connected(machine) as own:
            swarm = _settled(own)
            if swarm.node_id not in known:
                if swarm.state != INACTIVE and (anew or _was_let_go(machine, swarm)):
                    own.leave(force=True)
                else:
                    _check_free(machine, swarm)
                _join(own, addresses, joining.tokens[role])
                if role == MANAGER:
                    wait_for_manager(own, own.swarm().node_id, machine.name)
                progress.info(f'"{machine.name}" has joined "{cluster}" as {role}.')
            lost = left_behind(nodes, swarm.host_name, machine.ip(), {*remembered, swarm.node_id})
            _remove_former(machines, cluster, own, {swarm.node_id, *(node.id for node in lost)})
            _remember(machines, own, cluster)

    loaded = [machines.get(name) for name in names]
    if role == MANAGER:  # two that join at once may leave the managers without a leader for a while
        for machine in loaded:
            enter(machine)
        return
    outcomes = run_all([partial(enter, machine) for machine in loaded])
    raise_all([reason(one.error, machines.environment) for one in outcomes if one.error])


def _join(own: SwarmApi, managers: list[str], token: str) -> None:
    """Join the swarm of the managers. Raises MachshError with the engine's reason.

    An engine that needs more than 20 s refuses the request, and goes on to join by itself.
    """
    try:
        own.join(own.machine.ip(), managers, token)
    except MachshError:
        if _settled(own).state != JOINED:
            raise


def _settled(api: SwarmApi) -> Swarm:
    """Return the engine's part in a swarm, once a join that was begun before has ended."""
    found = api.swarm()

    def is_settled() -> bool:
        nonlocal found
        found = api.swarm()
        return found.state != PENDING

    if found.state == PENDING:
        poll(is_settled, Deadline.after(SETTLE_SECONDS), pause=0.5)
    return found


def _remove_former(machines: Machines, cluster: str, own: SwarmApi, before: Collection[str]) -> None:
    """Remove the nodes that the machine was before it joined anew; without it they would stay, as lost.

    `before` are their identities, besides the one that is remembered. This comes before the new identity is
    remembered: what is interrupted in between is done again.
    """
    former = {own.machine.record.machsh.node_id, *before} - {"", own.swarm().node_id}
    if not former:
        return
    with manager_and_nodes(machines, cluster) as (api, nodes):
        for node in nodes:
            if node.id in former:
                remove_lost(api, node)


def remove_unfinished(machines: Machines, cluster: str, names: Sequence[str]) -> None:
    """Remove nodes that no engine has become: their join ended before the engine knew its identity.

    `names` are the machines that join; what their engines take themselves for is kept. Raises MachshError.
    """
    outcomes = run_all([partial(_identity, machines.get(name)) for name in names])
    raise_all([reason(one.error, machines.environment) for one in outcomes if one.error])
    kept = {one.value for one in outcomes}
    kept |= {machines.get(name).record.machsh.node_id for name in members(machines, cluster)}
    with manager_and_nodes(machines, cluster) as (api, nodes):
        for node in nodes:
            if node.is_unfinished and node.id not in kept:
                api.remove_node(node, force=True)


def _identity(machine: Machine) -> str:
    with connected(machine) as own:
        return _settled(own).node_id


def _begin(api: SwarmApi, cluster: str, addressing: Addressing, routes: Routes, progress: Progress) -> None:
    swarm = api.swarm()
    if swarm.state == INACTIVE:
        _check_addressing(addressing, routes, progress)
        api.init(cluster, api.machine.ip(), addressing)
        progress.info(f'"{api.machine.name}" has begun the cluster "{cluster}" and is its manager.')
    elif not (swarm.is_manager and api.cluster_name() == cluster):
        _check_free(api.machine, swarm)


def _check_addressing(addressing: Addressing, routes: Routes, progress: Progress) -> None:
    """Warn of chosen pools that hosts have routes to. Raises RefusedError if nobody has chosen them."""
    if not addressing.is_chosen and (error := refusal(DEFAULT_POOLS, routes)):
        raise error
    for text in taken(addressing.pools, routes):
        progress.warning(f"overlay networks will have addresses of {', '.join(addressing.pools)}, and {text}")


def _check_new(machines: Machines, cluster: str, managers: Sequence[str], workers: Sequence[str]) -> None:
    check_cluster_name(cluster, machines.names())
    twice = set(managers) & set(workers)
    if twice:
        raise UsageError(f"named as manager and as worker: {', '.join(sorted(twice))}")
    others = [name for name in clusters(machines).get(cluster, []) if name not in {*managers, *workers}]
    if others:
        raise RefusedError(
            f'there is a cluster "{cluster}" already, with {", ".join(others)}',
            hint=f"take machines in: machsh cluster join {cluster} NAME",
        )


def _check(
    machines: Machines,
    cluster: str,
    names: Sequence[str],
    others: Mapping[str, str],
    progress: Progress,
    there: Sequence[Machine] = (),
) -> Routes:
    """Check all machines side by side, before anything is made, and return the routes of their hosts.

    `others`: name -> address of the nodes that are in the cluster; `there` are machines among them. Raises
    RefusedError for what cannot be.
    """
    progress.step(f"Checking {len(names)} machine{'s' if len(names) > 1 else ''}...")
    loaded = [machines.get(name) for name in names]
    outcomes = run_all([partial(_check_machine, machine, cluster) for machine in loaded])
    raise_all([reason(one.error, machines.environment) for one in outcomes if one.error])
    routes = check_hosts(loaded, others, progress, there)
    progress.done()
    return routes


def _identities(machines: Machines, cluster: str) -> list[str]:
    with manager_and_nodes(machines, cluster) as (_, nodes):
        return [node.id for node in nodes]


def _check_engines(machines: Machines, cluster: str, names: Sequence[str], known: Collection[str]) -> None:
    """Ask all engines side by side whether they are free, or in this cluster: `known` are its nodes.

    Raises RefusedError for one that is in another swarm, MachshError for one that does not answer.
    """

    def check(machine: Machine) -> None:
        with connected(machine, PART_SECONDS) as own:
            swarm = own.swarm()
            if swarm.state == PENDING or swarm.node_id in known or _was_let_go(machine, swarm):
                return
            if not (swarm.is_manager and own.cluster_name() == cluster):
                _check_free(machine, swarm)

    outcomes = run_all([partial(check, machines.get(name)) for name in names])
    raise_all([reason(one.error, machines.environment) for one in outcomes if one.error])


def _check_machine(machine: Machine, cluster: str) -> None:
    own = machine.record.machsh.cluster
    if own and own != cluster:
        raise RefusedError(
            f'"{machine.name}" is in the cluster "{own}"',
            hint=f"take it out: machsh cluster leave {machine.name}",
        )
    if machine.state() is not State.RUNNING:
        raise RefusedError(f'"{machine.name}" is not running', hint=f"start it: machsh start {machine.name}")
    address = machine.ip()
    if _is_loopback(address):
        raise RefusedError(
            f'"{machine.name}" is reached at {address} only, by forwarded ports: not by other machines',
            hint="give it an address of its own: with qemu --qemu-network bridge, with virtualbox "
            "--virtualbox-network hostonly",
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _was_let_go(machine: Machine, swarm: Swarm) -> bool:
    """Whether the engine is still in a cluster of ours that has gone on without it."""
    known = machine.record.machsh.node_id
    return bool(known) and swarm.state != INACTIVE and swarm.node_id in (known, "")


def _check_free(machine: Machine, swarm: Swarm) -> None:
    """Raise RefusedError if the machine's engine is in a swarm: it is another one."""
    if swarm.state != INACTIVE:
        raise RefusedError(
            f'the engine of "{machine.name}" is in another swarm ({swarm.error or swarm.state})',
            hint=f"it can leave it, which ends what runs there: @{machine.name} docker swarm leave --force",
        )


def _remember(machines: Machines, api: SwarmApi, cluster: str) -> None:
    node_id = api.swarm().node_id
    with machines.store.change(api.machine.name) as record:
        record.machsh.cluster, record.machsh.node_id = cluster, node_id
