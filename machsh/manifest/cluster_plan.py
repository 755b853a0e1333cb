"""Plans the changes of a manifest's clusters. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from machsh.cluster.cluster_names import check_cluster_name
from machsh.cluster.nodes import MANAGER, WORKER
from machsh.manifest.manifest import Manifest, WantedCluster
from machsh.manifest.present import Present


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """The changes of one cluster; each tuple names machines."""

    name: str
    is_new: bool = False
    managers: tuple[str, ...] = ()
    """Join as managers."""
    workers: tuple[str, ...] = ()
    promoted: tuple[str, ...] = ()
    demoted: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Machine -> the node labels to set."""
    is_gone: bool = False
    """Whether the file no longer describes it: the fleet's machines leave it, and the last one ends it."""
    goes_on: bool = False
    """Whether a cluster that `is_gone` has other machines, which stay in it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be done."""
        joining = self.managers or self.workers
        return not (joining or self.promoted or self.demoted or self.leaving or self.labels)


def cluster_changes(manifest: Manifest, present: Present, replaced: Collection[str]) -> list[ClusterChange]:
    """Return the changes of all clusters; `replaced` machines are recreated and join again.

    Raises ManifestError for a machine in another cluster: the user must take it out first.
    """
    found = []
    for wanted in manifest.clusters.values():
        _check_free(manifest, wanted, present, replaced)
        _check_name(manifest, wanted, present)
        found.append(_change(manifest, wanted, present, replaced))
    return [one for one in found if not one.is_empty]


def gone_clusters(manifest: Manifest, present: Present) -> Iterator[ClusterChange]:
    """Yield the clusters that an earlier apply described and the file no longer does."""
    for name in present.described:
        if name in manifest.clusters or name not in present.clusters:
            continue
        members = present.clusters[name]
        own = tuple(
            one
            for one in members
            if one in manifest.machines or present.machines[one].fleet == manifest.fleet
        )
        if own:
            yield ClusterChange(name, leaving=own, is_gone=True, goes_on=len(own) < len(members))


def _check_free(
    manifest: Manifest, wanted: WantedCluster, present: Present, replaced: Collection[str]
) -> None:
    elsewhere = [
        name
        for name in wanted.machines
        if name in present.machines
        and present.machines[name].cluster not in ("", wanted.name)
        and name not in replaced
    ]
    if elsewhere:
        own = present.machines[elsewhere[0]].cluster
        names = [name for name in elsewhere if present.machines[name].cluster == own]
        it, are = ("it", "is") if len(names) == 1 else ("them", "are")
        raise manifest.error(
            wanted.place,
            f'{", ".join(names)} {are} in the cluster "{own}"',
            hint=f"take {it} out first: machsh cluster leave {' '.join(names)}",
        )


def _check_name(manifest: Manifest, wanted: WantedCluster, present: Present) -> None:
    """Raise ManifestError if a new cluster has the name of a machine."""
    if wanted.name not in present.clusters:
        with manifest.located(wanted.place):
            check_cluster_name(wanted.name, {*present.machines, *manifest.machines})


def _change(
    manifest: Manifest, wanted: WantedCluster, present: Present, replaced: Collection[str]
) -> ClusterChange:
    nodes = {name: node for name, node in present.nodes.items() if name not in replaced}
    members = [name for name in present.clusters.get(wanted.name, ()) if name in nodes]
    members_kept = [name for name in wanted.machines if name in members]
    return ClusterChange(
        wanted.name,
        not any(name not in replaced for name in present.clusters.get(wanted.name, ())),
        tuple(name for name in wanted.managers if name not in members_kept),
        tuple(name for name in wanted.workers if name not in members_kept),
        tuple(name for name in members_kept if name in wanted.managers and nodes[name].role == WORKER),
        tuple(name for name in members_kept if name in wanted.workers and nodes[name].role == MANAGER),
        tuple(name for name in members if name in manifest.machines and name not in wanted.machines),
        dict(_labels(wanted, present, members_kept)),
    )


def _labels(
    wanted: WantedCluster, present: Present, members_kept: Collection[str]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, labels in wanted.labels.items():
        own = present.nodes[name].labels if name in members_kept else {}
        differing = {key: value for key, value in labels.items() if own.get(key) != value}
        if differing:
            yield name, differing
