"""An engine that keeps images and layers as Docker does: layers by chain ID, gone with their last image.

Its forms are those of engines 20.10, 26.1 and 28.5, whose own answers they were compared with.
"""

import hashlib
import io
import json
import os
import socketserver
import tarfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from machsh.engine.images.image_facts import chain_ids
from tests.support.layer_folders import copied, described, files_of

ROOT = "/var/lib/docker"


def digest(content: bytes) -> str:
    """The digest in an engine's form."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def layer(size: int) -> bytes:
    """A layer that no other layer is like."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = size
        archive.addfile(entry, io.BytesIO(os.urandom(size)))
    return buffer.getvalue()


@dataclass
class ImageStore:
    """`with ImageStore(folder / "engine.sock") as store`; the flags make it answer as another kind of engine."""

    path: Path
    form: str = "oci"
    """How it saves: `oci` as from engine 25 on, or `legacy`."""
    architecture: str = "amd64"
    is_containerd: bool = False
    is_overlay2: bool = False
    """Whether it keeps layers in folders that a container can mount."""
    wants_all_layers: bool = False
    refusal: str = ""
    """The reason for which it refuses to load."""
    save_refusal: str = ""
    cut_save: int = 0
    """After how many bytes a save breaks off."""
    create_refusal: str = ""
    cut_copy: int = 0
    """After how many bytes the copy of a folder breaks off."""
    spoil: Callable[[bytes], bytes] = bytes
    """What becomes of a layer on the way into the copy of a folder."""
    on_copy: Callable[[], object] = lambda: None
    breaks_in_load: range = range(0)
    """It closes the connection in the first load of so many bytes; loads begin in any order."""
    on_load: Callable[[], object] = lambda: None
    after_load: Callable[[], object] = lambda: None
    configs: dict[str, bytes] = field(default_factory=dict)
    """Image ID -> configuration."""
    tags: dict[str, str] = field(default_factory=dict)
    layers: dict[str, bytes] = field(default_factory=dict)
    """Chain ID -> content."""
    containers: dict[str, Any] = field(default_factory=dict)
    """Name -> what a container was created of."""
    requests: list[str] = field(default_factory=list)
    loaded: list[int] = field(default_factory=list)
    """Bytes of each load."""

    def __enter__(self):
        handler = type("Handler", (_ImageHandler,), {"store": self})
        self._server = _Server(str(self.path), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()

    @property
    def begun(self) -> int:
        """How many loads began."""
        return self.requests.count("POST /images/load")

    # What it has

    def add(self, tag: str, *contents: bytes, architecture: str = "amd64") -> str:
        """Add an image with these layers; its ID."""
        layers = [digest(content) for content in contents]
        config = {
            "architecture": architecture,
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": {"Cmd": [tag]},
            "rootfs": {"type": "layers", "diff_ids": layers},
        }
        return self._add(
            json.dumps(config).encode(), dict(zip(chain_ids(layers), contents, strict=True)), [tag]
        )

    def _add(self, config: bytes, layers: dict[str, bytes], tags: list[str]) -> str:
        id = digest(b"manifest" + config) if self.is_containerd else digest(config)
        self.configs[id] = config
        self.layers.update(layers)
        self.tags.update(dict.fromkeys(tags, id))
        return id

    def diffs(self, id: str) -> list[str]:
        """The digests of an image's layers."""
        return json.loads(self.configs[id])["rootfs"]["diff_ids"]

    def find(self, name: str) -> str | None:
        """The ID of an image by its name, its ID or the beginning of that."""
        if name in self.tags:
            return self.tags[name]
        if f"{name}:latest" in self.tags:
            return self.tags[f"{name}:latest"]
        return next((id for id in self.configs if id.removeprefix("sha256:").startswith(name[-64:])), None)

    def remove(self, name: str) -> None:
        """Remove an image, and the layers that nobody else needs."""
        id = self.find(name)
        del self.configs[id]
        self.tags = {tag: other for tag, other in self.tags.items() if other != id}
        kept = {chain for one in self.configs for chain in chain_ids(self.diffs(one))}
        self.layers = {chain: content for chain, content in self.layers.items() if chain in kept}

    def inspection(self, id: str) -> dict[str, Any]:
        """An image in the form of `inspect`."""
        config = json.loads(self.configs[id])
        return {
            "Id": id,
            "RepoTags": [tag for tag, other in self.tags.items() if other == id],
            "Os": config["os"],
            "Architecture": config["architecture"],
            "Created": config.get("created") or "",
            "Config": config["config"],
            "RootFS": {"Type": "layers", "Layers": config["rootfs"]["diff_ids"]},
            "GraphDriver": self._graph_driver(id) if self.is_overlay2 else None,
        }

    def _graph_driver(self, id: str) -> dict[str, Any]:
        *lower, upper = [f"{ROOT}/overlay2/{chain[7:]}/diff" for chain in chain_ids(self.diffs(id))]
        return {
            "Name": "overlay2",
            "Data": {"UpperDir": upper, "LowerDir": ":".join(reversed(lower))},
        }

    def copied(self, name: str, path: str) -> bytes:
        """The tar of a folder in a container, with what is mounted there."""
        files: dict[str, bytes] = {}
        for mount in self.containers[name]["HostConfig"]["Mounts"]:
            if not mount["Target"].startswith(f"{path}/"):
                continue
            place, source = mount["Target"].lstrip("/"), mount["Source"].removeprefix(f"{ROOT}/")
            if source.startswith("overlay2/"):
                content = self.spoil(self.layers[f"sha256:{source.split('/')[1]}"])
                files |= {f"{place}/{one}": data for one, data in files_of(content).items()}
            elif source.startswith("image/overlay2/layerdb/"):
                files[place] = described(self.layers[f"sha256:{source.split('/')[4]}"])
            else:
                files[place] = self.configs[f"sha256:{source.split('/')[-1]}"]
        return copied(files)

    # Saving and loading

    def saved(self, names: list[str]) -> bytes:
        """The tar that `docker save` makes."""
        buffer, listed, files = io.BytesIO(), [], {}
        for name in names:
            id = self.find(name)
            config, places = self.configs[id], []
            contents = [self.layers[chain] for chain in chain_ids(self.diffs(id))]
            for content in contents:
                hexadecimal = digest(content).partition(":")[2]
                legacy = hashlib.sha256(hexadecimal.encode()).hexdigest() + "/layer.tar"
                places.append(f"blobs/sha256/{hexadecimal}" if self.form == "oci" else legacy)
                files[places[-1]] = content
            config_hex = digest(config).partition(":")[2]
            config_name = f"blobs/sha256/{config_hex}" if self.form == "oci" else f"{config_hex}.json"
            files[config_name] = config
            listed.append(
                {"Config": config_name, "RepoTags": [name] if name in self.tags else None, "Layers": places}
            )
        files = {
            **dict(sorted(files.items())),
            "manifest.json": json.dumps(listed).encode(),
            "repositories": b"{}",
        }
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return buffer.getvalue()

    def load(self, content: bytes) -> str:
        """Load a tar as an engine does; why it refused, or nothing."""
        self.loaded.append(len(content))
        self.on_load()
        if self.refusal:
            return self.refusal
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            files = {member.name: archive.extractfile(member).read() for member in archive}
        for entry in json.loads(files["manifest.json"]):
            config, new = files[entry["Config"]], {}
            diffs = json.loads(config)["rootfs"]["diff_ids"]
            for chain, diff, name in zip(chain_ids(diffs), diffs, entry["Layers"], strict=True):
                if chain in self.layers and not (self.wants_all_layers or self.is_containerd):
                    continue
                if name not in files:
                    return f"open /var/lib/docker/tmp/docker-import-1/{name}: no such file or directory"
                if digest(files[name]) != diff:
                    return f"invalid diffID for layer: expected {diff}"
                new[chain] = files[name]
            self._add(config, new, entry["RepoTags"] or [])
        self.after_load()
        return ""


class _ImageHandler(BaseHTTPRequestHandler):
    store: ImageStore
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        store, parts = self.store, urlsplit(self.path)
        store.requests.append(f"GET {parts.path}")
        words = unquote(parts.path).strip("/").split("/")
        if parts.path == "/images/get":
            self._save(parse_qs(parts.query)["names"])
        elif words == ["version"]:
            self._answer({"Os": "linux", "Arch": store.architecture, "ApiVersion": "1.41"})
        elif words == ["info"]:
            kind = "io.containerd.snapshotter.v1" if store.is_containerd else "extfs"
            driver = "overlay2" if store.is_overlay2 else "vfs"
            self._answer({"DriverStatus": [["driver-type", kind]], "Driver": driver, "DockerRootDir": ROOT})
        elif words == ["containers", "json"]:
            self._answer([{"Id": id, "Labels": one["Labels"]} for id, one in store.containers.items()])
        elif words[0] == "containers":
            store.on_copy()
            self._send_tar(store.copied(words[1], parse_qs(parts.query)["path"][0]), store.cut_copy)
        elif words == ["images", "json"]:
            self._answer([{"Id": id} for id in store.configs])
        else:
            id = store.find("/".join(words[1:-1]))
            if id is None:
                self._answer({"message": "No such image"}, 404)
            elif words[-1] == "history":
                sizes = [len(store.layers[chain]) for chain in chain_ids(store.diffs(id))]
                self._answer([{"Size": size} for size in reversed(sizes)])
            else:
                self._answer(store.inspection(id))

    def do_POST(self):
        store, parts = self.store, urlsplit(self.path)
        store.requests.append(f"POST {parts.path}")
        length = int(self.headers["Content-Length"])
        if parts.path == "/containers/create":
            self._create(parse_qs(parts.query)["name"][0], json.loads(self.rfile.read(length)))
            return
        if parts.path != "/images/load":
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            store.tags[f"{query['repo']}:{query['tag']}"] = unquote(parts.path).split("/")[2]
            self._answer({}, 201)
            return
        if length in store.breaks_in_load:
            store.breaks_in_load = range(0)
            self.rfile.read(length // 2)
            self.close_connection = True
            return
        content = self.rfile.read(length)
        if len(content) < length:  # Go's server fails such a body
            self.close_connection = True
            return
        refused = store.load(content)
        lines = (
            [{"errorDetail": {"message": refused}, "error": refused}]
            if refused
            else [{"stream": "Loaded image"}]
        )
        self._answer(lines[0])

    def _create(self, name, spec):
        if self.store.create_refusal:
            self._answer({"message": self.store.create_refusal}, 403)
            return
        self.store.containers[name] = spec
        self._answer({"Id": name}, 201)

    def do_DELETE(self):
        kind, name = unquote(urlsplit(self.path).path).split("/")[1:3]
        if kind == "containers":
            found = self.store.containers.pop(name, None)
            self._answer(
                {"message": "No such container"} if found is None else {}, 404 if found is None else 200
            )
            return
        self.store.requests.append("DELETE image")
        self.store.remove(name)
        self._answer([{"Deleted": name}])

    def _save(self, names):
        if self.store.save_refusal:
            self._answer({"message": self.store.save_refusal}, 500)
            return
        self._send_tar(self.store.saved(names), self.store.cut_save)

    def _send_tar(self, content, cut):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/x-tar\r\n\r\n")
        self.wfile.write(content[: cut or None])

    def _answer(self, document, status=200):
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *arguments):
        """Print nothing."""


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Print nothing about clients that give up."""
