"""Reads single layers of an image from the overlay2 folders of their engine.

No request of the API gives a layer. But the archive request gives any folder that is mounted in a container,
which does not have to run: a container that is only created mounts the layers' own folders, read-only, and
everything comes in one tar.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
from collections.abc import Callable, Collection, Mapping
from typing import Any

from machsh.engine.images.image_facts import ImageFacts
from machsh.engine.images.saved_images import SavedImages
from machsh.engine.images.split_layer import SplitLayer
from machsh.engine.images.tar_stream import TarMember, members
from machsh.errors import MachshError
from machsh.files import explain

LABEL = "machsh.shipping"
"""Label of a container through which layers are read; its value says whose it is."""
_DRIVER = "overlay2"
FOLDER = "/.machsh-layers"
"""The folder in the container that contains everything to read."""
# The engine walks the folder in the order of names: the configuration first, as the last step needs it to
# begin, and each layer's description before its files.
_CONFIG, _DESCRIPTION, _FILES = "0-config", "description", "files"
_MEMBER = re.compile(rf"\.machsh-layers/(\d{{4}})/(?:{_DESCRIPTION}|{_FILES}(?:/.*)?)".encode(), re.DOTALL)
_CONFIG_MEMBER = f"{FOLDER[1:]}/{_CONFIG}".encode()
_MOST_PACKED = 64 << 20
"""Bytes of a layer's description; a layer of a million files has about as many."""
_MOST_CONFIG = 8 << 20
_MOST_MEMBERS = 2_000_000


class UnreadableStoreError(MachshError):
    """This engine's layers cannot be read one by one; `docker save` is needed."""


def container_spec(
    info: Mapping[str, Any],
    inspection: Mapping[str, Any],
    image: ImageFacts,
    layers: Collection[str],
    owner: str,
) -> dict[str, Any]:
    """Return the container that mounts some layers of an image, as the API's `create` takes it.

    `info` and `inspection` are what the engine says of itself and of the image. Raises UnreadableStoreError.
    """
    try:
        root, driver = info["DockerRootDir"], inspection["GraphDriver"]
        kind, folders = driver["Name"], _folders(driver["Data"])
        if kind != _DRIVER or info["Driver"] != _DRIVER or len(folders) != len(image.layers):
            raise UnreadableStoreError(f"the engine keeps images in {info['Driver']}, in other folders")
        volumes = sorted((inspection.get("Config") or {}).get("Volumes") or ())
    except (LookupError, TypeError, AttributeError) as error:
        raise UnreadableStoreError("the engine does not say where it keeps images") from error
    mounts = [_mount(f"{root}/image/{_DRIVER}/imagedb/content/sha256/{_hexadecimal(image.id)}", _CONFIG)]
    left = set(layers)  # an image may have the same layer twice
    for number, (digest, chain, folder) in enumerate(zip(image.layers, image.chains, folders, strict=True)):
        if digest in left:
            left.remove(digest)
            kept = f"{root}/image/{_DRIVER}/layerdb/sha256/{_hexadecimal(chain)}/tar-split.json.gz"
            mounts.append(_mount(kept, f"{number:04}/{_DESCRIPTION}"))
            mounts.append(_mount(folder, f"{number:04}/{_FILES}"))
    return {
        "Image": image.id,
        "Cmd": ["-"],  # it is never run, but an image without a command would be refused
        "Labels": {LABEL: owner},
        "NetworkDisabled": True,
        # The engine would fill the image's own volumes with copies of what is in their places.
        "HostConfig": {"NetworkMode": "none", "Mounts": [*mounts, *map(_nothing, volumes)]},
    }


def read_layers(read: Callable[[int], bytes], image: ImageFacts, saved: SavedImages) -> None:
    """Read the tar of `FOLDER`, and give `saved` each layer as it comes; one that is not whole is taken back.

    Raises UnreadableStoreError for a tar that is malformed. If files cannot be written, all who wait for
    layers are told, too.
    """
    layers = StoredLayers(image, saved)
    try:
        for member in members(read, _MOST_MEMBERS):
            layers.take(member)
        layers.finish()
    except (tarfile.TarError, EOFError, ValueError, LookupError) as error:
        raise UnreadableStoreError(f"a layer cannot be read from its folder: {error}") from error
    except OSError as error:
        failure = explain(error, saved.folder, "write")
        saved.fail(failure)
        raise failure from error
    finally:
        layers.close()


class StoredLayers:
    """The layers of one image as they come, one after the other. Faults are ValueErrors or LookupErrors."""

    def __init__(self, image: ImageFacts, saved: SavedImages) -> None:
        self._image = image
        self._saved = saved
        self._number = b""
        self._layer: SplitLayer | None = None

    def take(self, member: TarMember) -> None:
        """Take the next member of the tar in."""
        name = posixpath.normpath(member.raw_name)
        if name == _CONFIG_MEMBER:
            self._saved.add({}, {self._image.id: self._config(member)})
            return
        found = _MEMBER.fullmatch(name)
        if not found:  # a folder above them
            return
        if found[1] != self._number:
            self.finish()
            self._begin(found[1], member)
        elif self._layer is not None:
            self._layer.put(member)

    def finish(self) -> None:
        """Complete and check the current layer."""
        if self._layer is not None:
            self._layer.finish(self._image.layers[int(self._number)])
            self._layer = None

    def close(self) -> None:
        """Discard an incomplete layer."""
        if self._layer is not None:
            self._saved.retract(self._image.layers[int(self._number)])
            self._layer.discard()

    def _begin(self, number: bytes, member: TarMember) -> None:
        packed = _bytes(member, _MOST_PACKED)
        digest = self._image.layers[int(number)]
        path = self._saved.folder / f"layer-{_hexadecimal(digest)}"
        folder = f"{FOLDER[1:]}/{int(number):04}/{_FILES}".encode()
        self._number, self._layer = number, SplitLayer(path, packed, folder)
        self._saved.add({digest: self._layer.result}, {})

    def _config(self, member: TarMember) -> bytes:
        content = _bytes(member, _MOST_CONFIG)
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != self._image.id:
            raise ValueError("the configuration is not the image's")
        return content


def _folders(data: Mapping[str, str]) -> list[str]:
    """Return the folders of the layers' files, the lowest first."""
    lower = data.get("LowerDir") or ""
    folders = [data["UpperDir"], *(lower.split(":") if lower else ())]
    return folders[::-1]


def _bytes(member: TarMember, most: int) -> bytes:
    if member.content is None or member.entry.size > most:
        raise ValueError(f"{member.entry.name[:100]!r} is no file, or too large")
    return member.content.read()


def _mount(source: str, name: str) -> dict[str, Any]:
    # A mount, and not an entry of `Binds`: for those, the engine makes the folders that are not there.
    return {"Type": "bind", "Source": source, "Target": f"{FOLDER}/{name}", "ReadOnly": True}


def _nothing(place: str) -> dict[str, Any]:
    return {"Type": "tmpfs", "Target": place}


def _hexadecimal(digest: str) -> str:
    return digest.partition(":")[2]
