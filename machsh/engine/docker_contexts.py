"""Reads and writes the docker CLI's contexts, in the form in which the CLI itself keeps them.

One is `contexts/meta/ID/meta.json` in docker's folder, ID being the SHA-256 of its name. Its metadata may
hold keys that the CLI does not know: it keeps them, and we mark those that are ours there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from machsh.engine.endpoint import TlsPaths
from machsh.environment import Environment
from machsh.errors import RefusedError
from machsh.files import explain, write_atomically
from machsh.go.json import go_json
from machsh.record import parse_json
from machsh.regular_file import read_regular

DEFAULT = "default"
"""The context that docker makes of DOCKER_HOST or this computer's socket; it has no file."""
MARK = "Machsh"
"""The key of our mark in a context's metadata."""
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class DockerContext:
    """A context: a name for an engine's address."""

    name: str
    host: str
    """The engine's URL, as in DOCKER_HOST."""
    description: str = ""
    mark: dict[str, str] = field(default_factory=dict)
    """What tells us that we made it, and for what; empty for the user's own."""

    def to_json(self) -> dict[str, Any]:
        """Return the document as the CLI writes it, with its order of keys."""
        metadata = {"Description": self.description, **({MARK: self.mark} if self.mark else {})}
        endpoint = {"Host": self.host, "SkipTLSVerify": False}
        return {"Name": self.name, "Metadata": metadata, "Endpoints": {"docker": endpoint}}


class ContextStore:
    """The contexts in docker's folder: `DOCKER_CONFIG`, else `~/.docker`."""

    def __init__(self, environment: Environment) -> None:
        given = environment.variable("DOCKER_CONFIG")
        self.folder = Path(environment.absolute(given)) if given else environment.home / ".docker"

    def read(self) -> list[DockerContext]:
        """Return the contexts by name; those that cannot be read are left out, as not ours."""
        try:
            ids = sorted(entry.name for entry in (self.folder / "contexts" / "meta").iterdir())
        except OSError:
            return []
        found = [context for context in map(self._load, ids) if context is not None]
        return sorted(found, key=lambda context: context.name)

    def find(self, name: str) -> DockerContext | None:
        """Return the context of that name; None if there is none, or if it cannot be read."""
        return self._load(_id(name))

    def tls_files(self, name: str) -> TlsPaths | None:
        """Return the paths of a context's TLS client files; None if it has none."""
        folder = self.folder / "contexts" / "tls" / _id(name) / "docker"
        return TlsPaths.in_folder(folder) if folder.is_dir() else None

    def unreadable(self) -> list[str]:
        """Return the names of the folders of contexts that cannot be read."""
        try:
            folders = sorted((self.folder / "contexts" / "meta").iterdir())
        except OSError:
            return []
        return [folder.name for folder in folders if folder.is_dir() and self._load(folder.name) is None]

    def damaged(self) -> list[Path]:
        """Return the files that keep the CLI from listing its contexts: they are there and are no JSON."""
        files = [self._meta(identity) / "meta.json" for identity in self.unreadable()]
        return [file for file in files if os.path.lexists(file) and not _is_document(file)]

    def is_taken(self, name: str) -> bool:
        """Whether docker would find a context of that name, readable or not."""
        return name == DEFAULT or (self._meta(_id(name)) / "meta.json").exists()

    def write(self, context: DockerContext) -> None:
        """Add or replace a context of ours.

        Raises RefusedError for the name of one that is not marked as ours, MachshError if that fails.
        """
        if self.is_taken(context.name):
            self._check_ours(context.name)
        folder = self._meta(_id(context.name))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain(error, folder) from error
        content = go_json(context.to_json(), indent=None)
        write_atomically(folder / "meta.json", content.encode("utf-8", "surrogateescape"), 0o644)

    def remove(self, name: str) -> None:
        """Remove a context of ours, as `docker context rm` does. Raises RefusedError, or MachshError."""
        from shutil import rmtree

        self._check_ours(name)
        for kind in ("tls", "meta"):
            folder = self.folder / "contexts" / kind / _id(name)
            try:
                rmtree(folder)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise explain(error, folder, "remove") from error

    def current(self) -> str:
        """Return the name of the context that docker uses unless told otherwise; "" if none was chosen."""
        try:
            document = parse_json(read_regular(self.folder / "config.json", _LARGEST).decode())
        except (OSError, ValueError):
            return ""
        name = document.get("currentContext") if isinstance(document, dict) else None
        return name if isinstance(name, str) else ""

    def _check_ours(self, name: str) -> None:
        found = self.find(name)
        if found is None or not found.mark:
            raise RefusedError(
                f"the docker context {name!r} is not one of machsh's, and stays as it is",
                hint="rename yours, or the machine",
            )

    def _meta(self, identity: str) -> Path:
        return self.folder / "contexts" / "meta" / identity

    def _load(self, identity: str) -> DockerContext | None:
        try:
            content = read_regular(self._meta(identity) / "meta.json", _LARGEST)
            document = parse_json(content.decode("utf-8", "surrogateescape"))
        except (OSError, ValueError):
            return None
        context = _parsed(document)
        return context if context and _id(context.name) == identity else None


def _is_document(file: Path) -> bool:
    try:
        return isinstance(parse_json(read_regular(file, _LARGEST).decode("utf-8", "surrogateescape")), dict)
    except (OSError, ValueError):
        return False


def _id(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def _parsed(document: Any) -> DockerContext | None:
    name = _object(document).get("Name")
    if not isinstance(name, str):
        return None
    metadata = _object(_object(document).get("Metadata"))
    endpoint = _object(_object(_object(document).get("Endpoints")).get("docker"))
    mark = {key: value for key, value in _object(metadata.get(MARK)).items() if isinstance(value, str)}
    return DockerContext(name, _text(endpoint.get("Host")), _text(metadata.get("Description")), mark)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
