"""Ships images from one engine to several: queries all engines, saves once, and sends in parallel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from machsh.engine.images.image_engine import EngineHoldings, ImageEngine, ImageRefusedError
from machsh.engine.images.saved_images import SavedImages
from machsh.environment import Environment
from machsh.errors import InterruptedByUserError, MachshError
from machsh.machine.errors import reason
from machsh.machine.parallel import TaskResult, run_all
from machsh.machine.shipping.delivery import ImageDelivery
from machsh.machine.shipping.ship_plan import (
    ShipAction,
    ShippedImage,
    ShipPlan,
    check_platform,
    lacks_layers,
    most_bytes,
    plan_for,
    tag_of,
)
from machsh.machine.shipping.source_reading import SourceReading
from machsh.machine.shipping.spool_folder import spool_folder
from machsh.progress import Progress

NEEDS = {ShipAction.NOTHING: "there", ShipAction.TAG: "named", ShipAction.LOAD: "shipped"}
FAILED, PLANNED = "failed", "planned"


@dataclass(slots=True)
class ShipRow:
    """The result for one image on one machine."""

    machine: str
    image: str
    result: str = ""
    """`shipped`, `named` (it was there under another name), `there`, `planned` or `failed`."""
    id: str = ""
    layers: int = 0
    sent_layers: int = 0
    sent_bytes: int = 0
    """For `planned`: an upper limit."""
    seconds: float = 0.0
    error: str = ""
    hint: str = ""

    def fail(self, error: MachshError) -> None:
        """Note an error."""
        self.result, self.error, self.hint = FAILED, str(error), error.hint


@dataclass
class Shipment:
    """The shipment of images from one engine to others."""

    source: ImageEngine
    targets: Sequence[ImageEngine]
    environment: Environment
    progress: Progress
    force: bool = False
    """Whether images for another processor are sent, too."""

    def run(self, names: Sequence[str], *, dry_run: bool = False) -> list[ShipRow]:
        """Ship the images, and return a row for each of them on each target; errors of targets are in it.

        Raises MachshError if the source has not got an image, InterruptedByUserError on Ctrl-C.
        """
        try:
            images = [self._described(name) for name in names]
            loads = self._planned(images)
            rows = [load.row for load in loads]
            if dry_run:
                self._estimate(loads)
                return rows
            self._deliver(loads)
            again = [load.in_one_piece() for load in loads if load.is_refused]
            self._deliver(again)
            return rows
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                "Stopped while shipping",
                hint="run it again: it goes on with the layers that are missing. Those that arrived are kept "
                "by images without a name, which docker image prune removes",
            ) from error
        finally:
            for engine in (self.source, *self.targets):
                engine.stop()

    def _described(self, name: str) -> ShippedImage:
        facts = self.source.inspect(name)
        if facts is None:
            raise MachshError(
                f"there is no image {name} on {self.source.name}",
                hint="docker images lists them; a word that names no machine is taken for an image",
            )
        return ShippedImage(name, facts, tag_of(name, facts))

    # Asking

    def _planned(self, images: Sequence[ShippedImage]) -> list[_Load]:
        self.progress.step(f"Asking {_count(len(self.targets), 'engine')} for the layers that they have...")
        outcomes = run_all([engine.holdings for engine in self.targets])
        return [
            self._load(image, engine, outcome.value, outcome.error)
            for engine, outcome in zip(self.targets, outcomes, strict=True)
            for image in images
        ]

    def _load(
        self,
        image: ShippedImage,
        engine: ImageEngine,
        holdings: EngineHoldings | None,
        error: BaseException | None,
    ) -> _Load:
        row = ShipRow(engine.name, image.typed, id=image.facts.id, layers=len(image.facts.layers))
        load = _Load(engine, row)
        if holdings is None:
            row.fail(reason(error or MachshError("no answer"), self.environment))
            return load
        try:
            if not self.force:
                check_platform(image, holdings)
            load.plan = plan_for(image, holdings)
        except MachshError as refused:
            row.fail(refused)
        return load

    def _estimate(self, loads: Sequence[_Load]) -> None:
        sizes: dict[str, list[int]] = {}
        for load in loads:
            if load.plan is None:
                continue
            load.row.result = NEEDS[load.plan.action]
            if load.plan.action is not ShipAction.LOAD:
                continue
            id = load.plan.image.facts.id
            if id not in sizes:
                sizes[id] = self.source.sizes(id)
            load.row.result, load.row.sent_layers = PLANNED, len(load.plan.lacking)
            load.row.sent_bytes = most_bytes(load.plan, sizes[id])

    # Sending

    def _deliver(self, loads: Sequence[_Load]) -> None:
        """Save the images that somebody lacks, and serve all targets at the same time."""
        planned = [load for load in loads if load.plan is not None]
        plans = [load.plan for load in loads if load.plan is not None]
        lacking = [plan for plan in plans if plan.action is ShipAction.LOAD]
        if not lacking:
            _check(run_all([load.finish_without_layers for load in planned]))
            return
        images = list({plan.image.facts.id: plan.image for plan in lacking}.values())
        wanted = frozenset(digest for plan in lacking for digest in plan.lacking)
        with spool_folder(self.environment) as folder:
            saved = SavedImages(folder, [image.facts for image in images], wanted)
            reading = SourceReading(self.source, images, saved, self.environment, self.progress)
            served = _Served({load.engine.name for load in planned}, reading.stop)
            tasks: list[Callable[[], None]] = [reading.run]
            for engine in self.targets:
                mine = [load for load in planned if load.engine is engine]
                if mine:
                    tasks.append(lambda mine=mine: self._serve(mine, saved, served))  # type: ignore[misc]
            with reading:
                _check(run_all(tasks))

    def _serve(self, loads: Sequence[_Load], saved: SavedImages, served: _Served) -> None:
        """Deliver all images to one engine, one after the other."""
        arrived: set[str] = set()
        try:
            for load in loads:
                load.run(saved, self.progress, arrived)
        finally:
            served.is_done(loads[0].engine.name)


@dataclass
class _Load:
    """One image for one engine, and its row of the result."""

    engine: ImageEngine
    row: ShipRow
    plan: ShipPlan | None = None
    is_refused: bool = False
    """Whether the engine wants the files of layers that it has."""

    def in_one_piece(self) -> _Load:
        """Return the second try, for the same row."""
        assert self.plan is not None
        return _Load(self.engine, self.row, self.plan.in_one_piece())

    def run(self, saved: SavedImages, progress: Progress, arrived: set[str]) -> None:
        """Do what the plan says, and write the row; errors are noted there.

        `arrived` are the chain IDs of layers that were sent with images before; this image's are added.
        """
        if self.plan is None or self.plan.action is not ShipAction.LOAD:
            self.finish_without_layers()
            return
        began = time.monotonic()
        plan = self.plan.with_layers(arrived)
        delivery = ImageDelivery(plan, self.engine, saved, progress)
        try:
            delivery.run()
            arrived.update(plan.image.facts.chains)
            self.row.result, self.row.error, self.row.hint = NEEDS[plan.action], "", ""
        except ImageRefusedError as error:
            self.row.fail(error)
            self.is_refused = lacks_layers(error, plan)
            if self.is_refused:
                progress.warning(f"{self.engine.name}: the engine takes whole images only: {error}")
        except (MachshError, OSError) as error:
            self.row.fail(reason(error))
        finally:
            self.row.sent_layers += delivery.sent_layers
            self.row.sent_bytes += delivery.sent_bytes
            self.row.seconds += time.monotonic() - began

    def finish_without_layers(self) -> None:
        """Name the image that is there, where it needs that."""
        if self.plan is None:
            return
        self.row.result = NEEDS[self.plan.action]
        if self.plan.action is ShipAction.TAG:
            try:
                self.engine.tag(self.plan.image.facts.id, self.plan.image.tag)
            except MachshError as error:
                self.row.fail(error)


@dataclass
class _Served:
    """Stops the source when no target is left that could need it."""

    waiting: set[str]
    stop: Callable[[], None]
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def is_done(self, name: str) -> None:
        """Note that a target needs nothing more."""
        with self._guard:
            self.waiting.discard(name)
            is_last = not self.waiting
        if is_last:
            self.stop()


def _check(outcomes: Sequence[TaskResult[None]]) -> None:
    """Raise unexpected errors; expected ones are in the rows."""
    for outcome in outcomes:
        if outcome.error is not None and not isinstance(outcome.error, MachshError):
            raise outcome.error


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
