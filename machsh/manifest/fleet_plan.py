"""The difference between a manifest and what exists, as steps. Pure: nothing is read, asked or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from machsh.errors import RefusedError
from machsh.machine.alteration.machine_setting import Part
from machsh.manifest.cluster_plan import ClusterChange, cluster_changes, gone_clusters
from machsh.manifest.comparison import Differences
from machsh.manifest.manifest import Manifest, WantedMachine
from machsh.manifest.present import Present, PresentMachine
from machsh.manifest.stack_plan import StackChange, gone_stacks, stack_changes

REPROVISIONED = {Part.ENGINE, Part.VERSION, Part.ENDPOINT}
"""The parts of a machine that `provision` changes on the host."""


class Action(Enum):
    """What is done with a machine or a cluster; the value is its sign in the plan."""

    CREATE = "+"
    CHANGE = "~"
    PROVISION = "~!"
    """Changed by setting up the host again."""
    REPLACE = "-/+"
    """Destroyed and created anew."""
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class MachineStep:
    """The change of one machine."""

    action: Action
    name: str
    reasons: tuple[str, ...] = ()
    """Why a machine is replaced, and other notes."""
    differences: Differences = field(default_factory=Differences)
    protect: bool | None = None
    """The protection to set; None if it is as wanted."""
    is_continued: bool = False
    """Whether an unfinished creation is resumed."""


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Everything that an apply would do."""

    fleet: str
    machines: tuple[MachineStep, ...] = ()
    clusters: tuple[ClusterChange, ...] = ()
    stacks: tuple[StackChange, ...] = ()
    """Those to deploy, then those to remove."""
    ended: tuple[ClusterChange, ...] = ()
    """Clusters that the file no longer describes."""
    removals: tuple[MachineStep, ...] = ()
    taken_over: tuple[str, ...] = ()
    """Existing machines that the fleet takes over."""
    left: tuple[str, ...] = ()
    """Machines, clusters and stacks of the fleet that are no longer in the file, and are kept."""
    as_wanted: int = 0
    """How many machines match the file."""
    stray: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Cluster -> machines in it that the file does not describe, which are left alone."""

    @property
    def is_empty(self) -> bool:
        """Whether everything matches the file."""
        return not (self.machines or self.clusters or self.stacks or self.ended or self.removals)

    def names(self, action: Action) -> list[str]:
        """Return the names of the machines with this action."""
        return [one.name for one in (*self.machines, *self.removals) if one.action is action]


def make_plan(manifest: Manifest, present: Present, *, prunes: bool = False) -> FleetPlan:
    """Return the plan. Raises ManifestError or RefusedError for changes that are not allowed."""
    steps = [step for wanted in manifest.machines.values() if (step := _step(manifest, wanted, present))]
    gone = [
        one.name
        for one in present.machines.values()
        if one.fleet == manifest.fleet and one.name not in manifest.machines
    ]
    removals = [MachineStep(Action.REMOVE, name) for name in gone] if prunes else []
    _check_protected([*steps, *removals], present)
    replaced = {one.name for one in steps if one.action is Action.REPLACE}
    changes = cluster_changes(manifest, present, replaced)
    anew = {one.name for one in changes if one.is_new}
    stacks = list(stack_changes(manifest, present.stacks, present.deployed, anew))
    gone_from_clusters = list(gone_stacks(manifest, present.deployed, present.clusters))
    ended = list(gone_clusters(manifest, present))
    adopted = [
        name
        for name in manifest.machines
        if name in present.machines and present.machines[name].fleet != manifest.fleet
    ]
    return FleetPlan(
        manifest.fleet,
        tuple(steps),
        tuple(changes),
        (*stacks, *(gone_from_clusters if prunes else ())),
        tuple(ended) if prunes else (),
        tuple(removals),
        tuple(adopted),
        () if prunes else _left(gone, ended, gone_from_clusters),
        len(manifest.machines) - len(steps),
        dict(_strays(manifest, present, [] if not prunes else gone)),
    )


def _left(gone: list[str], ended: list[ClusterChange], stacks: list[StackChange]) -> tuple[str, ...]:
    clusters = (f"cluster {one.name}" for one in ended)
    return (*gone, *clusters, *(f"stack {one.name} in {one.cluster}" for one in stacks))


def _step(manifest: Manifest, wanted: WantedMachine, present: Present) -> MachineStep | None:
    existing = present.machines.get(wanted.name)
    protect = wanted.is_protected if wanted.is_protected != (existing or _NOTHING).is_protected else None
    if existing is None:
        return MachineStep(Action.CREATE, wanted.name, protect=protect)
    _check_ours(manifest, wanted, existing)
    if existing.driver != wanted.driver:
        _check_may_change(manifest, wanted, existing, Differences(fixed=("driver",)))
        reason = f"driver: {existing.driver} -> {wanted.driver}"
        return MachineStep(Action.REPLACE, wanted.name, (reason,), protect=wanted.is_protected)
    if not existing.is_finished:
        return MachineStep(Action.CREATE, wanted.name, protect=protect, is_continued=True)
    found = present.differences.get(wanted.name, Differences())
    _check_may_change(manifest, wanted, existing, found)
    if found.fixed:
        return MachineStep(Action.REPLACE, wanted.name, (), found, protect=wanted.is_protected)
    if any(one.part in REPROVISIONED for one in found.settings):
        return MachineStep(Action.PROVISION, wanted.name, (), found, protect)
    if found.settings or protect is not None:
        return MachineStep(Action.CHANGE, wanted.name, (), found, protect)
    return None


_NOTHING = PresentMachine("")


def _check_ours(manifest: Manifest, wanted: WantedMachine, existing: PresentMachine) -> None:
    """Raise ManifestError for an existing machine that this fleet neither created nor adopts."""
    name = wanted.name
    if existing.problem:
        raise manifest.error(
            wanted.place, f"{name}: {existing.problem}", hint=f"look at it, or remove it: machsh rm -f {name}"
        )
    if existing.fleet == manifest.fleet:
        return
    if existing.fleet:
        raise manifest.error(
            wanted.place,
            f'the machine "{name}" belongs to the fleet "{existing.fleet}"',
            hint="choose another name; or is it the same fleet, in a file of another name? "
            f'then write name = "{existing.fleet}"',
        )
    if not wanted.is_adopted or existing.driver != wanted.driver:
        has_other = existing.driver != wanted.driver
        by = f", with the driver {existing.driver}" if has_other else ""
        advice = (
            f'choose another name, or write driver = "{existing.driver}"'
            if has_other
            else "choose another name"
        )
        raise manifest.error(
            wanted.place,
            f'there is a machine "{name}" already{by}, which no apply made',
            hint=f"{advice}; adopt = true takes it over" if not wanted.is_adopted else advice,
        )
    if not existing.is_finished:
        raise manifest.error(
            wanted.place,
            f'the creation of "{name}" is not finished',
            hint=f"finish it first: machsh create --resume {name}",
        )


def _check_may_change(
    manifest: Manifest, wanted: WantedMachine, existing: PresentMachine, found: Differences
) -> None:
    """Raise ManifestError for a change on the host of an adopted machine."""
    changed = [*found.fixed, *(one.key for one in found.settings if one.part is not Part.RECORD)]
    if existing.is_adopted and changed:
        raise manifest.error(
            wanted.place,
            f'"{wanted.name}" was adopted, and nothing on its host is changed: {", ".join(changed)}',
            hint=f"let machsh take it over first: machsh provision --take-over {wanted.name}",
        )


def _check_protected(steps: list[MachineStep], present: Present) -> None:
    """Raise RefusedError for a protected machine that would be destroyed."""
    for step in steps:
        is_destroyed = step.action in (Action.REPLACE, Action.REMOVE)
        if is_destroyed and present.machines[step.name].is_protected:
            what = "removed" if step.action is Action.REMOVE else f"replaced ({_why(step)})"
            raise RefusedError(
                f'"{step.name}" would be {what}, but it is protected',
                hint=f"take the protection away first: machsh protect --off {step.name}",
            )


def _why(step: MachineStep) -> str:
    return ", ".join((*step.reasons, *step.differences.fixed))


def _strays(
    manifest: Manifest, present: Present, removed: list[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for cluster, names in present.clusters.items():
        stray = tuple(name for name in names if name not in manifest.machines and name not in removed)
        if cluster in manifest.clusters and stray:
            yield cluster, stray
