"""Surveys the existing machines, clusters and stacks that a manifest is about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from machsh.cluster.members import clusters, manager_of, node_named
from machsh.cluster.nodes import Node
from machsh.errors import MachshError
from machsh.machine.machines import Machines
from machsh.machine.records import phase
from machsh.manifest.comparison import Differences, differences, request_of
from machsh.manifest.fleet_state import FleetState
from machsh.manifest.manifest import Manifest, WantedMachine, WantedStack
from machsh.manifest.stack_plan import PresentStack
from machsh.regular_file import read_text


@dataclass(frozen=True, slots=True)
class PresentMachine:
    """What a plan needs to know about a machine of the store."""

    name: str
    driver: str = ""
    fleet: str = ""
    cluster: str = ""
    is_finished: bool = True
    is_protected: bool = False
    is_adopted: bool = False
    """Whether nothing on its host may be changed; see `adopt`."""
    problem: str = ""
    """Why its record cannot be read; the other fields are then empty."""


@dataclass(frozen=True, slots=True)
class Present:
    """The present state of everything that a manifest is about."""

    machines: Mapping[str, PresentMachine] = field(default_factory=dict)
    """All machines of the store."""
    differences: Mapping[str, Differences] = field(default_factory=dict)
    """Machine -> its differences, for existing machines with the driver in the file."""
    clusters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All clusters with their machines."""
    nodes: Mapping[str, Node] = field(default_factory=dict)
    """Machine -> its node, for the clusters in the file."""
    stacks: Mapping[str, PresentStack] = field(default_factory=dict)
    """The stacks of the file: their present digests, and whether they run."""
    deployed: Sequence[tuple[str, PresentStack]] = ()
    """The stacks that former applies deployed; one that moved is there in both clusters."""
    described: tuple[str, ...] = ()
    """The clusters of earlier applies."""


def survey(machines: Machines, manifest: Manifest, state: FleetState) -> Present:
    """Read the store, and query the managers of the file's clusters. Raises MachshError."""
    found = {name: _machine(machines, name) for name in machines.names()}
    differing = {}
    for name, wanted in manifest.machines.items():
        present = found.get(name)
        with manifest.located(wanted.place, f"{name}: "):
            if present is None:
                machines.configured(request_of(wanted, manifest.fleet))
            elif _is_comparable(present, wanted, manifest.fleet):
                former = state.applied.get(name, {}), state.withheld.get(name, ())
                differing[name] = differences(machines, machines.get(name), wanted, *former)
    known = {name: tuple(names) for name, names in clusters(machines).items()}
    nodes = _nodes(machines, manifest, known)
    stacks = {name: _stack(machines, manifest, one, known) for name, one in manifest.stacks.items()}
    return Present(found, differing, known, nodes, stacks, state.stacks, tuple(state.clusters))


def _is_comparable(present: PresentMachine, wanted: WantedMachine, fleet: str) -> bool:
    is_ours = present.fleet == fleet or (not present.fleet and wanted.is_adopted)
    return is_ours and present.is_finished and present.driver == wanted.driver


def _machine(machines: Machines, name: str) -> PresentMachine:
    try:
        record = machines.get(name).record
    except MachshError as error:
        return PresentMachine(name, problem=str(error))
    own = record.machsh
    return PresentMachine(
        name,
        record.driver_name,
        own.fleet,
        own.cluster,
        own.phase == phase.DONE,
        own.protected,
        own.adopted,
    )


def _nodes(machines: Machines, manifest: Manifest, known: Mapping[str, tuple[str, ...]]) -> dict[str, Node]:
    found = {}
    for cluster in manifest.clusters:
        if cluster not in known:
            continue
        with manager_of(machines, cluster) as api:
            nodes = api.nodes()
        for name in known[cluster]:
            try:
                found[name] = node_named(machines, nodes, name)
            except MachshError:
                continue  # the swarm does not list it any more: it joins anew
    return found


def _stack(
    machines: Machines, manifest: Manifest, wanted: WantedStack, known: Mapping[str, tuple[str, ...]]
) -> PresentStack:
    with manifest.located(wanted.place):
        digest = stack_digest(wanted, machines.environment.variables)
    if wanted.cluster not in known:
        return PresentStack(wanted.cluster, digest, is_there=False)
    with manager_of(machines, wanted.cluster) as api:
        is_there = bool(api.stack_objects("services", wanted.name))
    return PresentStack(wanted.cluster, digest, is_there)


def stack_digest(wanted: WantedStack, variables: Mapping[str, str]) -> str:
    """Return a digest of a stack's file, and of the configs and secrets in it. Raises MachshError."""
    from machsh.cluster.stack_file import read_stack_file

    named = read_stack_file(wanted.file).override(wanted.name, variables)
    content = [read_text(wanted.file), json.dumps(named, sort_keys=True)]
    return hashlib.sha256("\0".join(content).encode()).hexdigest()
