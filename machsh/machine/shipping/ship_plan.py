"""Decides what one engine must be sent so that it has an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from machsh.engine.images.image_engine import EngineHoldings
from machsh.engine.images.image_facts import ImageFacts
from machsh.errors import MachshError, RefusedError


class ShipAction(Enum):
    """What an engine needs."""

    NOTHING = "nothing"
    TAG = "tag"
    """It has the image, under other names."""
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class ShippedImage:
    """An image to ship: what the source says of it, and the name that it gets."""

    typed: str
    """The name that the user gave; the source is asked for it."""
    facts: ImageFacts
    tag: str
    """`REPOSITORY:TAG`; empty for an image that was given by its digest."""


@dataclass(frozen=True, slots=True)
class ShipPlan:
    """What must be sent to one engine for one image."""

    image: ShippedImage
    action: ShipAction
    there: int = 0
    """How many of the lowest layers it has."""
    in_steps: bool = True
    """Whether layers can be loaded a few at a time; false where the image must come in one piece."""
    leftovers: tuple[ImageFacts, ...] = ()
    """Partial images from earlier tries."""

    @property
    def lacking(self) -> tuple[str, ...]:
        """The digests of the layers to send, the lowest first."""
        return self.image.facts.layers[self.there :] if self.action is ShipAction.LOAD else ()

    def with_layers(self, there: set[str]) -> ShipPlan:
        """Return the plan for an engine that has the layers of these chain IDs by now."""
        count = present(self.image.facts.chains, there) if self.in_steps else 0
        return replace(self, there=max(count, self.there))

    def in_one_piece(self) -> ShipPlan:
        """Return the plan for an engine that takes nothing but whole images."""
        return replace(self, there=0, in_steps=False)


def tag_of(typed: str, facts: ImageFacts) -> str:
    """Return the name that an image has at its targets: as typed, with `:latest` where a tag is missing.

    It is empty for an image that was given by a digest.
    """
    hexadecimal = facts.id.partition(":")[2]
    last = typed.rpartition("/")[2]
    name = typed if ":" in last else f"{typed}:latest"
    if name in facts.tags:
        return name
    if "@" in typed or hexadecimal.startswith(typed.removeprefix("sha256:")):
        return ""
    for prefix in ("docker.io/library/", "docker.io/"):
        name = name.removeprefix(prefix)
    return name


def plan_for(image: ShippedImage, holdings: EngineHoldings) -> ShipPlan:
    """Compare an image with what an engine has. Raises RefusedError for an image that it could not hold."""
    facts = image.facts
    named = holdings.find(image.tag) if image.tag else None
    if named is not None and named.is_same(facts):
        return ShipPlan(image, ShipAction.NOTHING)
    if any(one.id == facts.id for one in holdings.images):
        return ShipPlan(image, ShipAction.TAG if image.tag else ShipAction.NOTHING)
    if holdings.is_containerd:
        if not image.tag:
            raise RefusedError(
                "its engine keeps images in containerd, which takes none without a name",
                hint="ship it by its name: IMAGE:TAG",
            )
        return ShipPlan(image, ShipAction.LOAD, in_steps=False)
    leftovers = tuple(one for one in holdings.images if one.partial_of == facts.id)
    return ShipPlan(image, ShipAction.LOAD, present(facts.chains, holdings.chains), leftovers=leftovers)


def present(chains: Sequence[str], there: set[str]) -> int:
    """Return how many of the lowest layers are there."""
    return next((count for count, chain in enumerate(chains) if chain not in there), len(chains))


def check_platform(image: ShippedImage, holdings: EngineHoldings) -> None:
    """Raise RefusedError if the engine's host cannot run the image."""
    facts = image.facts
    if not facts.runs_on(holdings.os, holdings.architecture):
        raise RefusedError(
            f"{image.typed} is for {facts.os}/{facts.architecture}, "
            f"the host is {holdings.os}/{holdings.architecture}",
            hint="build it for the host (docker build --platform), or send it anyway: --force",
        )


def most_bytes(plan: ShipPlan, sizes: Sequence[int]) -> int:
    """Return at most how many bytes would be sent; `sizes` are of the image's steps that added something.

    Layers that added nothing are not told apart, so the largest possible sum is taken.
    """
    count = len(plan.lacking)
    return sum(sizes[-count:]) if count else 0


def lacks_layers(error: MachshError, plan: ShipPlan) -> bool:
    """Whether an engine refused because it wants the files of layers that it has."""
    text = str(error).lower()
    return plan.there > 0 and any(words in text for words in ("no such file", "not found", "does not exist"))
