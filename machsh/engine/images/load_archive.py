"""Makes the tar that `docker load` takes, with only those layers that the engine lacks.

An engine opens a layer's file only if it has no layer of that chain ID; the files of others may be missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.engine.images.image_facts import PARTIAL, ImageFacts
from machsh.engine.images.layer_file import LayerFile

_BLOCK = 512
_END = bytes(2 * _BLOCK)


@dataclass(frozen=True, slots=True)
class LoadArchive:
    """A tar of one image: its configuration, and the files of some of its layers."""

    config: bytes
    layers: tuple[str, ...]
    """The digests of all its layers, the lowest first."""
    files: Mapping[str, LayerFile]
    """Digest -> the layer's file, for the layers that are sent."""
    tags: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The digest of the configuration."""
        return f"sha256:{hashlib.sha256(self.config).hexdigest()}"

    @property
    def size(self) -> int:
        """The tar's size in bytes."""
        sizes = [len(content) for _, content in self._texts()]
        sizes += [file.size for file in self.files.values()]
        return sum(_BLOCK + _padded(size) for size in sizes) + len(_END)

    def pieces(self, before_end: Callable[[], object] = lambda: None) -> Iterator[bytes]:
        """Yield the tar's bytes; call `before_end` before the last, without which no engine begins to unpack.

        Raises OSError if a layer's file cannot be read or has changed, and RetractedError.
        """
        for name, content in self._texts():
            yield _header(name, len(content)) + content + _padding(len(content))
        for digest, file in self.files.items():
            yield _header(_layer_name(digest), file.size)
            yield from file.pieces()
            yield _padding(file.size)
        before_end()
        for file in self.files.values():
            file.wait()
        yield _END

    def _texts(self) -> list[tuple[str, bytes]]:
        config_name = f"{self.id.partition(':')[2]}.json"
        manifest: dict[str, Any] = {
            "Config": config_name,
            "RepoTags": list(self.tags) or None,
            "Layers": [_layer_name(digest) for digest in self.layers],
        }
        return [(config_name, self.config), ("manifest.json", json.dumps([manifest]).encode())]


def partial(image: ImageFacts, count: int, files: Mapping[str, LayerFile]) -> LoadArchive:
    """Return an archive of an untagged image that holds the first `count` layers of another one.

    It keeps those layers on the engine until the whole image is there.
    """
    layers = image.layers[:count]
    config = {
        "architecture": image.architecture,
        "os": image.os,
        "created": image.created or None,
        "config": {"Labels": {PARTIAL: image.id}},
        "rootfs": {"type": "layers", "diff_ids": list(layers)},
    }
    return LoadArchive(json.dumps(config, sort_keys=True).encode(), layers, _chosen(files, layers))


def whole(
    config: bytes, image: ImageFacts, tags: Sequence[str], files: Mapping[str, LayerFile]
) -> LoadArchive:
    """Return an archive of the image itself."""
    return LoadArchive(config, image.layers, _chosen(files, image.layers), tuple(tags))


def _chosen(files: Mapping[str, LayerFile], layers: Sequence[str]) -> dict[str, LayerFile]:
    return {digest: files[digest] for digest in layers if digest in files}


def _layer_name(digest: str) -> str:
    return f"{digest.partition(':')[2]}/layer.tar"


def _header(name: str, size: int) -> bytes:
    from tarfile import GNU_FORMAT, TarInfo

    entry = TarInfo(name)
    entry.size = size
    return entry.tobuf(GNU_FORMAT)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _padding(size: int) -> bytes:
    return bytes(_padded(size) - size)
