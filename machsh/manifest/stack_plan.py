"""Plans the changes of a manifest's stacks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from machsh.manifest.manifest import Manifest


@dataclass(frozen=True, slots=True)
class PresentStack:
    """What is known of a stack."""

    cluster: str
    digest: str = ""
    """Of its file, with the configs and secrets in it."""
    is_there: bool = True
    """Whether the cluster runs services of it."""


@dataclass(frozen=True, slots=True)
class StackChange:
    """The change of one stack."""

    name: str
    cluster: str
    digest: str = ""
    is_new: bool = False
    is_gone: bool = False
    """Whether it is removed, because the file no longer describes it."""


def stack_changes(
    manifest: Manifest,
    wanted: Mapping[str, PresentStack],
    deployed: Iterable[tuple[str, PresentStack]],
    anew: Collection[str],
) -> Iterator[StackChange]:
    """Give the stacks to deploy; `wanted` are the file's, `deployed` what former applies deployed.

    `anew` are the clusters that this apply creates.
    """
    known = {(name, one.cluster, one.digest) for name, one in deployed}
    for name, one in manifest.stacks.items():
        now = wanted[name]
        is_new = one.cluster in anew or not now.is_there
        if is_new or (name, one.cluster, now.digest) not in known:
            yield StackChange(name, one.cluster, now.digest, is_new)


def gone_stacks(
    manifest: Manifest, deployed: Iterable[tuple[str, PresentStack]], clusters: Collection[str]
) -> Iterator[StackChange]:
    """Give the stacks that a former apply deployed to `clusters`, and that the file has there no more."""
    for name, one in deployed:
        wanted = manifest.stacks.get(name)
        if one.cluster in clusters and (wanted is None or wanted.cluster != one.cluster):
            yield StackChange(name, one.cluster, is_gone=True)
