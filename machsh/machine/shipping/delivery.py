"""Delivers one image to one engine: layer by layer, so that a try that breaks off is gone on with later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from machsh.drivers.guest.download_reporter import DownloadReporter
from machsh.engine.images.image_engine import ImageEngine, ImageRefusedError
from machsh.engine.images.image_facts import ImageFacts
from machsh.engine.images.load_archive import LoadArchive, partial, whole
from machsh.engine.images.saved_images import SavedImages
from machsh.errors import MachshError
from machsh.humanize import byte_size
from machsh.machine.shipping.ship_plan import ShipPlan
from machsh.progress import Progress

STEP_BYTES = 64 << 20
"""Layers are loaded together up to this size; what an interruption loses is less than one step."""


@dataclass
class ImageDelivery:
    """The delivery of one image to one engine."""

    plan: ShipPlan
    engine: ImageEngine
    saved: SavedImages
    progress: Progress
    sent_layers: int = 0
    sent_bytes: int = 0
    _leftovers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run(self) -> None:
        """Send what is lacking, and check that the image is the same there.

        Raises ImageRefusedError with the engine's reason, or MachshError.
        """
        self._leftovers = {one.id: one.layers for one in self.plan.leftovers}
        image = self.plan.image
        for count, files in self._steps():
            if count < len(image.facts.layers):
                self._load_partial(count, files)
            else:
                self._load_whole(files)

    def _steps(self) -> Iterator[tuple[int, dict[str, Path]]]:
        """Yield how many layers are there after a step, and the files of those that are sent in it."""
        layers = self.plan.image.facts.layers
        files: dict[str, Path] = {}
        for count, digest in enumerate(self.plan.lacking, self.plan.there + 1):
            files[digest] = self.saved.layer(digest)
            is_full = sum(path.stat().st_size for path in files.values()) >= STEP_BYTES
            if is_full and self.plan.in_steps and count < len(layers):
                yield count, files
                files = {}
        yield len(layers), files

    def _load_partial(self, count: int, files: dict[str, Path]) -> None:
        archive = partial(self.plan.image.facts, count, files)
        self._load(archive, count)
        self._forget_leftovers(archive.layers, keep=archive.id)
        self._leftovers[archive.id] = archive.layers

    def _load_whole(self, files: dict[str, Path]) -> None:
        image = self.plan.image
        archive = whole(self.saved.config(image.facts), image.facts, [image.tag] if image.tag else [], files)
        self._load(archive, len(image.facts.layers))
        self._check(archive)
        self._forget_leftovers(archive.layers)

    def _load(self, archive: LoadArchive, count: int) -> None:
        total = archive.size
        what = f"{self.engine.name}: {self.plan.image.typed}"
        layers = f"up to layer {count} of {len(self.plan.image.facts.layers)}"
        self.progress.step(f"{what}: sending {byte_size(total)}, {layers}...")
        reporter = DownloadReporter(self.progress, what, 0, total)
        self.engine.load(archive, reporter.add)
        self.sent_layers += len(archive.files)
        self.sent_bytes += total

    def _check(self, archive: LoadArchive) -> None:
        """Raise MachshError unless the engine has the same image now, under its name."""
        image = self.plan.image
        found = self.engine.inspect(image.tag or archive.id)
        if found is None or not found.is_same(_as_loaded(image.facts, archive)):
            raise MachshError(
                f"{image.typed} is not the same there: {found.id if found else 'it is missing'}, "
                f"and not {archive.id}",
                hint="did somebody change it meanwhile? ship it again",
            )

    def _forget_leftovers(self, layers: tuple[str, ...], keep: str = "") -> None:
        """Remove the partial images whose layers another image holds now."""
        for id, held in list(self._leftovers.items()):
            if id != keep and held == layers[: len(held)]:
                with suppress(ImageRefusedError):  # somebody else was quicker
                    self.engine.remove(id)
                del self._leftovers[id]


def _as_loaded(facts: ImageFacts, archive: LoadArchive) -> ImageFacts:
    return ImageFacts(archive.id, facts.layers, facts.os, facts.architecture, facts.created)
