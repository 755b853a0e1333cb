"""Plans the changes of a manifest's stacks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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
    deployed: Mapping[str, PresentStack],
    anew: Collection[str],
) -> Iterator[StackChange]:
    """Yield the stacks to deploy; `wanted` are the file's, `deployed` those of earlier applies.

    `anew` are the clusters that this apply creates.
    """
    for name, stack in manifest.stacks.items():
        now, former = wanted[name], deployed.get(name)
        is_new = stack.cluster in anew or not now.is_there
        is_as_deployed = former is not None and (former.cluster, former.digest) == (stack.cluster, now.digest)
        if is_new or not is_as_deployed:
            yield StackChange(name, stack.cluster, now.digest, is_new)


def gone_stacks(
    manifest: Manifest, deployed: Mapping[str, PresentStack], clusters: Collection[str]
) -> Iterator[StackChange]:
    """Yield the stacks that an earlier apply deployed to `clusters` and the file no longer describes."""
    for name, stack in deployed.items():
        if name not in manifest.stacks and stack.cluster in clusters:
            yield StackChange(name, stack.cluster, is_gone=True)
