"""Reads the docker CLI's contexts: `contexts/meta/ID/meta.json` and `contexts/tls/ID/docker/` in its folder.

ID is the SHA-256 of the context's name. The folder is `~/.docker`, or the one that DOCKER_CONFIG names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.engine.endpoint import TlsPaths
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.files import explain
from machsh.record import parse_json
from machsh.regular_file import read_text

DEFAULT = "default"
"""The context that docker makes of DOCKER_HOST or this computer's socket; it has no file."""
LARGEST = 1 << 20
"""Size limit of a `meta.json` in bytes."""
MOST = 1000
"""How many contexts are read at most."""


@dataclass(frozen=True, slots=True)
class DockerContext:
    """A context of the docker CLI."""

    name: str
    url: str = ""
    """The engine's URL; empty if the context has no docker endpoint, or is broken."""
    tls: TlsPaths | None = None
    """Its TLS client files; None if it has none."""
    skips_verification: bool = False
    """Whether docker accepts any certificate of the engine."""
    metadata: dict[str, Any] | None = None
    """What is kept with it, such as its `Description`."""
    fault: str = ""
    """Why its file cannot be used."""


def folder_of(environment: Environment) -> Path:
    """Return the docker CLI's folder."""
    given = environment.variable("DOCKER_CONFIG")
    return Path(environment.absolute(given)) if given else environment.home / ".docker"


def find(name: str, environment: Environment) -> DockerContext:
    """Return the context of this name. Raises MachshError if there is none, or its file cannot be used."""
    folder = folder_of(environment)
    identity = _identity(name)
    if not (folder / "contexts" / "meta" / identity / "meta.json").exists():
        from machsh.suggest import did_you_mean

        known = [one.name for one in every(environment)]
        advice = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none'}"
        raise MachshError(f'docker has no context "{name}"', hint=advice)
    found = _read(folder, identity)
    if found.fault:
        raise MachshError(f'docker context "{name}": {found.fault}', hint="docker context ls")
    return found


def every(environment: Environment) -> list[DockerContext]:
    """Return all contexts but `default`, sorted by name; a broken one has a `fault`."""
    folder = folder_of(environment)
    try:
        names = sorted(one.name for one in (folder / "contexts" / "meta").iterdir() if one.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise explain(error, folder / "contexts" / "meta") from error
    return sorted((_read(folder, name) for name in names[:MOST]), key=lambda one: one.name)


def _read(folder: Path, identity: str) -> DockerContext:
    path = folder / "contexts" / "meta" / identity / "meta.json"
    try:
        document = parse_json(read_text(path, LARGEST))
    except OSError as error:
        return DockerContext(identity, fault=str(explain(error, path)))
    except ValueError as error:
        return DockerContext(identity, fault=f"{path}: {error}")
    name = _at(document, "Name")
    if not isinstance(name, str) or _identity(name) != identity:
        return DockerContext(identity, fault=f"{path}: its name is not its folder's")
    url = _at(document, "Endpoints", "docker", "Host")
    metadata = _at(document, "Metadata")
    tls = folder / "contexts" / "tls" / identity / "docker"
    return DockerContext(
        name,
        url if isinstance(url, str) else "",
        TlsPaths.in_folder(tls) if tls.is_dir() else None,
        _at(document, "Endpoints", "docker", "SkipTLSVerify") is True,
        metadata if isinstance(metadata, dict) else {},
    )


def _identity(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _at(document: Any, *keys: str) -> Any:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document
