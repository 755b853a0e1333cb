"""Checked facts about an image from an engine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from machsh.errors import MachshError

PARTIAL = "machsh.partial"
"""Label of an image that holds the first layers of another one, whose digest is the label's value."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{0,64}")
_MOST_LAYERS = 1024
_RUNS_ALSO = {"amd64": ("386",), "arm64": ("arm",)}
"""Processor -> others whose programs it runs."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image: its digests and what it runs on."""

    id: str
    """`sha256:...`: the digest of its configuration, or in a containerd store that of its manifest."""
    layers: tuple[str, ...]
    """The digests of the uncompressed layers, the lowest first."""
    os: str = ""
    architecture: str = ""
    """The processor, in Go's words: `amd64`, `arm64`."""
    created: str = ""
    tags: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def chains(self) -> tuple[str, ...]:
        """For each layer the digest that names it together with all layers below it."""
        return tuple(chain_ids(self.layers))

    @property
    def partial_of(self) -> str:
        """The digest of the image whose first layers this one holds; empty for an ordinary image."""
        return self.labels.get(PARTIAL, "")

    def runs_on(self, os: str, architecture: str) -> bool:
        """Whether an engine of this system and processor can run it; an image that does not say counts."""
        fits = (architecture, *_RUNS_ALSO.get(architecture, ()))
        return self.os in ("", os) and (not self.architecture or self.architecture in fits)

    def is_same(self, other: ImageFacts) -> bool:
        """Whether both are the same image; containerd names an image by another digest than others do."""
        if self.id == other.id:
            return True
        return (self.layers, self.created, self.os, self.architecture) == (
            other.layers,
            other.created,
            other.os,
            other.architecture,
        )


def chain_ids(layers: Sequence[str]) -> Iterator[str]:
    """Yield the chain ID of each layer, as the OCI image specification defines it."""
    chain = ""
    for layer in layers:
        chain = f"sha256:{hashlib.sha256(f'{chain} {layer}'.encode()).hexdigest()}" if chain else layer
        yield chain


def of_inspection(content: Any) -> ImageFacts:
    """Read the response of `GET /images/NAME/json`. Raises MachshError for one that is malformed."""
    try:
        layers = tuple(content["RootFS"].get("Layers") or ())
        facts = ImageFacts(
            content["Id"],
            layers,
            _word(content.get("Os")),
            _word(content.get("Architecture")),
            str(content.get("Created") or ""),
            tuple(str(tag) for tag in content.get("RepoTags") or ()),
            dict((content.get("Config") or {}).get("Labels") or {}),
        )
        are_digests = all(isinstance(one, str) and _DIGEST.fullmatch(one) for one in (facts.id, *layers))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _malformed() from error
    if not are_digests or len(layers) > _MOST_LAYERS:
        raise _malformed()
    return facts


def _word(value: object) -> str:
    text = str(value or "")
    if not _WORD.fullmatch(text):
        raise ValueError(text)
    return text


def _malformed() -> MachshError:
    return MachshError("the engine's description of an image is malformed", hint="is it a Docker engine?")
