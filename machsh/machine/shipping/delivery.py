"""Delivers one image to one engine, layer by layer, so that an interrupted delivery can be resumed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from machsh.drivers.guest.download_reporter import DownloadReporter
from machsh.engine.images.image_engine import ImageEngine, ImageRefusedError
from machsh.engine.images.image_facts import ImageFacts
from machsh.engine.images.layer_file import LayerFile, RetractedError
from machsh.engine.images.load_archive import LoadArchive, partial, whole
from machsh.engine.images.saved_images import SavedImages
from machsh.errors import MachshError
from machsh.humanize import byte_size
from machsh.machine.shipping.ship_plan import ShipPlan
from machsh.progress import Progress

_LOOK_SECONDS = 0.5
STEP_BYTES = 64 << 20
"""Layers are loaded together up to this size; an interruption loses less than one step."""


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
        """Send the missing layers, and check that the engine then has the same image.

        While the engine unpacks one step, the next is sent, except for its end. Raises ImageRefusedError with
        the engine's reason, or MachshError.
        """
        self._leftovers = {one.id: one.layers for one in self.plan.leftovers}
        before: SendingStep | None = None
        for count, files in self._steps():
            archive = self._archive(count, files)
            # Here and not in the step's thread: the display has one open step for each thread.
            self.progress.step(f"{self._what}: sending {byte_size(archive.size)}, {self._upper(archive)}...")
            step = SendingStep(archive, self._load, before)
            if before is not None:
                self._finish(before)
            before = step
        if before is not None:
            self._finish(before)
            self._check(before.archive)

    def _steps(self) -> Iterator[tuple[int, dict[str, LayerFile]]]:
        """Yield for each step the number of layers present after it, and the files of the layers to send."""
        layers = self.plan.image.facts.layers
        files: dict[str, LayerFile] = {}
        for count, digest in enumerate(self.plan.lacking, self.plan.there + 1):
            files[digest] = self.saved.layer(digest)
            is_full = sum(file.size for file in files.values()) >= STEP_BYTES
            if is_full and self.plan.in_steps and count < len(layers):
                yield count, files
                files = {}
        yield len(layers), files

    @property
    def _what(self) -> str:
        return f"{self.engine.name}: {self.plan.image.typed}"

    def _upper(self, archive: LoadArchive) -> str:
        return f"up to layer {len(archive.layers)} of {len(self.plan.image.facts.layers)}"

    def _archive(self, count: int, files: dict[str, LayerFile]) -> LoadArchive:
        image = self.plan.image
        if count < len(image.facts.layers):
            return partial(image.facts, count, files)
        return whole(self.saved.config(image.facts), image.facts, [image.tag] if image.tag else [], files)

    def _load(self, step: SendingStep) -> None:
        """Send one step; this runs in the step's own thread."""
        reporter = DownloadReporter(self.progress, self._what, 0, step.archive.size)

        def tell(size: int) -> None:
            step.check_before()
            reporter.add(size)

        try:
            self.engine.load(step.archive, tell, step.wait_for_before)
        except RetractedError:  # the engine has not got the end of it, so it has not begun to unpack
            files = {digest: self.saved.layer(digest) for digest in step.archive.files}
            step.archive = replace(step.archive, files=files)
            self.engine.load(step.archive, tell, step.wait_for_before)

    def _finish(self, step: SendingStep) -> None:
        """Wait until a step is loaded, and record it. Raises the step's error."""
        step.wait()
        archive = step.archive
        self.sent_layers += len(archive.files)
        self.sent_bytes += archive.size
        self._forget_leftovers(archive.layers, keep=archive.id)
        if archive.layers != self.plan.image.facts.layers:
            self._leftovers[archive.id] = archive.layers

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


class SendingStep:
    """One step, sent in a thread of its own; the engine loads it after the step before."""

    def __init__(
        self, archive: LoadArchive, load: Callable[[SendingStep], None], before: SendingStep | None
    ) -> None:
        self.archive = archive
        self._load = load
        self._before = before
        self._error: BaseException | None = None
        self._is_over = threading.Event()
        threading.Thread(target=self._run, name="machsh-step", daemon=True).start()

    def wait(self) -> None:
        """Wait until the engine has it. Raises the step's error."""
        while not self._is_over.wait(_LOOK_SECONDS):  # without a limit, Ctrl-C would wait, too
            pass
        if self._error is not None:
            raise self._error

    def wait_for_before(self) -> None:
        """Wait until the engine has the step before. Raises that step's error."""
        if self._before is not None:
            self._before.wait()

    def check_before(self) -> None:
        """Raise the error of the step before, if it failed."""
        if self._before is not None and self._before._error is not None:
            raise self._before._error

    def _run(self) -> None:
        try:
            self._load(self)
        except BaseException as error:  # raised again in the thread that waits
            self._error = error
        self._before = None  # else each step would keep all before it
        self._is_over.set()


def _as_loaded(facts: ImageFacts, archive: LoadArchive) -> ImageFacts:
    return ImageFacts(archive.id, facts.layers, facts.os, facts.architecture, facts.created)
