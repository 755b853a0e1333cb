"""Reads what targets lack from the source: layer by layer where its store allows that, else whole images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

from machsh.drivers.guest.download_reporter import DownloadReporter
from machsh.drivers.store_identity import store_id
from machsh.engine.images.image_engine import ImageEngine
from machsh.engine.images.saved_images import SavedImages
from machsh.engine.images.stored_layers import FOLDER, LABEL, container_spec, read_layers
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.machine.errors import reason
from machsh.machine.shipping.ship_plan import ShippedImage
from machsh.machine.shipping.spool_folder import is_in_use
from machsh.progress import Progress

_CLOSE_SECONDS = 30.0
"""How long the end waits for the source to remove the container."""


class SourceReading:
    """The reading of some images. `run` belongs in a thread; the end of the `with` block stops it."""

    def __init__(
        self,
        source: ImageEngine,
        images: Sequence[ShippedImage],
        saved: SavedImages,
        environment: Environment,
        progress: Progress,
    ) -> None:
        self._source = source
        self._images = images
        self._saved = saved
        self._environment = environment
        self._progress = progress
        self._is_stopped = False
        self._is_clean = threading.Event()
        self._is_clean.set()

    def __enter__(self) -> SourceReading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        self._is_clean.wait(_CLOSE_SECONDS)

    def stop(self) -> None:
        """Stop reading."""
        self._is_stopped = True
        self._source.break_off()

    def run(self) -> None:
        """Read until all that is wanted is there. Errors are raised here and to all who wait for layers."""
        try:
            self._read_layers()
            if not self._saved.is_complete:
                self._read_images()
        except BaseException as error:
            self._saved.fail(reason(error, self._environment))
            raise

    def _read_layers(self) -> None:
        try:
            self._remove_abandoned()
            for image in self._images:
                self._read_layers_of(image)
        except MachshError as error:
            if self._is_stopped or self._saved.has_failed:
                raise
            self._progress.debug(f"{self._source.name}: saving whole images: {error}")

    def _read_layers_of(self, image: ShippedImage) -> None:
        lacking = self._saved.missing.intersection(image.facts.layers)
        info, inspection = self._source.storage(image.facts.id)
        spec = container_spec(info, inspection, image.facts, lacking, self._owner)
        self._tell(f"Reading {len(lacking)} of {len(image.facts.layers)} layers of {image.typed}")
        with self._container(spec) as name, self._source.copied(name, FOLDER) as read:
            read_layers(self._followed(read, image.typed), image.facts, self._saved)

    def _read_images(self) -> None:
        names = [image.tag or image.facts.id for image in self._images]
        what = ", ".join(image.typed for image in self._images)
        self._tell(f"Saving {what}")
        with self._source.saved(names) as read:
            self._saved.read(self._followed(read, what))

    @contextmanager
    def _container(self, spec: dict[str, object]) -> Iterator[str]:
        """Make a container, and remove it in the end; the end of the reading waits for that."""
        name = f"machsh-{self._saved.folder.name}"
        self._is_clean.clear()
        try:
            self._check_running()
            self._source.create(name, spec)
            yield name
        finally:
            try:
                self._source.discard(name)
            except MachshError as error:
                self._progress.warning(
                    f"{self._source.name}: the container {name} is left there, until the next time that "
                    f"something is shipped from there: {error}"
                )
            finally:
                self._is_clean.set()

    @property
    def _owner(self) -> str:
        folder = self._saved.folder
        return f"{store_id(self._environment.cache_folder)}/{folder.name}"

    def _remove_abandoned(self) -> None:
        """Remove the containers of processes of this computer that were killed."""
        above = self._saved.folder.parent
        prefix = f"{store_id(self._environment.cache_folder)}/"
        for id, owner in self._source.containers(LABEL).items():
            name = owner.removeprefix(prefix)
            if owner.startswith(prefix) and "/" not in name and not is_in_use(above / name):
                with suppress(MachshError):  # somebody else was quicker
                    self._source.discard(id)

    def _tell(self, what: str) -> None:
        self._progress.step(f"{what} on {self._source.name}...")

    def _check_running(self) -> None:
        if self._is_stopped:
            raise MachshError(f"{self._source.name}: stopped")

    def _followed(self, read: Callable[[int], bytes], what: str) -> Callable[[int], bytes]:
        """Return a `read` that tells how far it is. Raises MachshError if the reading was stopped before."""
        self._check_running()
        reporter = DownloadReporter(self._progress, f"{self._source.name}: {what}", 0, None)

        def followed(size: int) -> bytes:
            content = read(size)
            reporter.add(len(content))
            return content

        return followed
