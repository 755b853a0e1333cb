"""Reads the tar of `docker save` once, and keeps the wanted layers as files.

Engines from 25 on name a layer's file by its digest; older ones by an identifier that the list at the end
explains.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from machsh.engine.images.image_facts import ImageFacts
from machsh.engine.images.layer_file import LayerFile
from machsh.engine.images.tar_stream import PIECE, members
from machsh.errors import MachshError
from machsh.files import explain
from machsh.record import parse_json
from machsh.regular_file import read_regular

T = TypeVar("T")

_LIST = "manifest.json"
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_KEPT = re.compile(r"manifest\.json|[0-9a-f]{64}\.json|[0-9a-f]{64}/layer\.tar|blobs/sha256/[0-9a-f]{64}")
"""The names to read: the manifest, configurations, and layers in both forms."""
_MOST_TEXT = 8 << 20
"""Bytes of a configuration or of the list."""
_MOST_MEMBERS = 100_000
_LOOK_SECONDS = 0.5


@dataclass
class SavedImages:
    """The images of one saved tar. One thread calls `read`; others wait for the layers that they need."""

    folder: Path
    """Where the layers' files are put."""
    images: Sequence[ImageFacts]
    wanted: frozenset[str]
    """The digests of the layers that are kept; the files of all others are skipped where they are known."""
    _configs: dict[str, bytes] = field(default_factory=dict)
    _layers: dict[str, LayerFile] = field(default_factory=dict)
    _error: MachshError | None = None
    _is_whole: bool = False
    _news: threading.Condition = field(default_factory=threading.Condition)

    def read(self, read: Callable[[int], bytes]) -> None:
        """Read the whole tar; errors are raised here and in all waiting threads."""
        try:
            self._read(read)
        except MachshError as error:
            self.fail(error)
            raise
        except (tarfile.TarError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
            failure = MachshError(f"the saved image is malformed: {error}", hint="is its engine well?")
            self.fail(failure)
            raise failure from error
        except OSError as error:
            failure = explain(error, self.folder, "write")
            self.fail(failure)
            raise failure from error

    @property
    def missing(self) -> frozenset[str]:
        """The wanted layers that have not arrived yet."""
        return self.wanted - self._layers.keys()

    @property
    def is_complete(self) -> bool:
        """Whether all wanted layers have arrived."""
        return not self.missing and all(image.id in self._configs for image in self.images)

    def add(self, layers: Mapping[str, LayerFile], configs: Mapping[str, bytes]) -> None:
        """Hand layers by digest, and configurations by the images' ids, to the waiting threads.

        A layer may be given as soon as its size is known.
        """
        with self._news:
            self._configs.update(configs)
            self._layers.update(layers)
            self._news.notify_all()

    @property
    def has_failed(self) -> bool:
        """Whether `fail` was called."""
        return self._error is not None

    def retract(self, digest: str) -> None:
        """Withdraw a layer that was added too early; `layer` then waits for the next one."""
        with self._news:
            self._layers.pop(digest).retract()

    def fail(self, error: MachshError) -> None:
        """Make all waiting threads raise an error: nothing more arrives."""
        with self._news:
            self._error = self._error or error
            self._news.notify_all()

    def layer(self, digest: str) -> LayerFile:
        """Wait for a layer and return its file, which may still grow. Raises MachshError if none arrives."""
        return self._wait(lambda: self._layers.get(digest), f"layer {digest[:19]}")

    def config(self, image: ImageFacts) -> bytes:
        """Wait for an image's configuration and return it. Raises MachshError if it does not arrive."""
        return self._wait(lambda: self._configs.get(image.id), f"the configuration of {image.id[:19]}")

    def _wait(self, look: Callable[[], T | None], what: str) -> T:
        with self._news:
            while (found := look()) is None:
                if self._error is not None:
                    raise self._error
                if self._is_whole:
                    raise MachshError(f"the saved image lacks {what}", hint="is its engine well?")
                self._news.wait(_LOOK_SECONDS)
            return found

    # The reading thread

    def _read(self, read: Callable[[int], bytes]) -> None:
        files: dict[str, Path] = {}
        for name, link, content in _members(read):
            digest = _digest(name)
            if link:
                files[name] = files.get(link) or self._path(link)
            elif content is not None and (digest in self.missing or not self._is_layer(digest)):
                files[name] = self._spool(name, content)
                self.add({digest: LayerFile.whole(files[name])} if digest in self.wanted else {}, {})
        configs, layers = _explained(files, self.images)
        with self._news:
            self._is_whole = True
            self.add({digest: LayerFile.whole(path) for digest, path in layers.items()}, configs)

    def _is_layer(self, digest: str) -> bool:
        return any(digest in image.layers for image in self.images)

    def _path(self, name: str) -> Path:
        return self.folder / name.replace("/", "-")

    def _spool(self, name: str, content: IO[bytes]) -> Path:
        path = self._path(name)
        with path.open("wb") as file:
            while piece := content.read(PIECE):
                file.write(piece)
        return path


def _digest(name: str) -> str:
    """Return the digest that a file of the tar is named by, or ""."""
    blob = _BLOB.fullmatch(name)
    return f"sha256:{blob[1]}" if blob else ""


def _members(read: Callable[[int], bytes]) -> Iterator[tuple[str, str, IO[bytes] | None]]:
    """Yield name, target of the link, and content of each file that means something."""
    for member in members(read, _MOST_MEMBERS):
        name, target = posixpath.normpath(member.entry.name), member.entry.linkname
        if not _KEPT.fullmatch(name):
            continue
        link = posixpath.join(posixpath.dirname(name), target) if member.entry.issym() else target
        link = posixpath.normpath(link) if link else ""
        if link and not _KEPT.fullmatch(link):
            raise tarfile.ReadError("a link leads out of it")
        yield name, link, member.content


def _explained(
    files: Mapping[str, Path], images: Sequence[ImageFacts]
) -> tuple[dict[str, bytes], dict[str, Path]]:
    """Return the images' configurations by their ids, and the files of layers by digest."""
    listed = [(entry, _content(files, str(entry["Config"]))) for entry in _json(_content(files, _LIST))]
    configs: dict[str, bytes] = {}
    layers: dict[str, Path] = {}
    for image in images:
        for entry, config in listed:
            if tuple(_json(config)["rootfs"].get("diff_ids") or ()) != image.layers:
                continue
            if image.id not in configs or _is_named(config, image.id):
                configs[image.id] = config
            layers.update(
                (digest, files[name])
                for digest, name in zip(image.layers, entry["Layers"], strict=True)
                if name in files
            )
    return configs, layers


def _is_named(config: bytes, id: str) -> bool:
    return f"sha256:{hashlib.sha256(config).hexdigest()}" == id


def _content(files: Mapping[str, Path], name: str) -> bytes:
    if name not in files:
        raise tarfile.ReadError(f"{name[:100]} is missing")
    return read_regular(files[name], _MOST_TEXT)


def _json(content: bytes) -> Any:
    return parse_json(content.decode())
