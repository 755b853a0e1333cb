"""Identifies a docker CLI, to name the file that its command tree is saved in."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from machsh.engine.cli_tree import query
from machsh.record import parse_json
from machsh.regular_file import read_text

_SYSTEM_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
_FORMAT = 2
"""Version of the file format; increment it when the format changes."""


def identify(program: Path, variables: Mapping[str, str], home: Path) -> str:
    """Return a short hash that changes with the program, its version and its plugins."""
    real = Path(os.path.realpath(program))
    facts = [_FORMAT, _facts(real), query.version_text(str(program), variables)]
    facts += sorted(_facts(plugin) for plugin in _plugins(variables, home))
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def _facts(file: Path) -> list[str | int]:
    try:
        status = file.stat()
    except OSError:
        return [str(file), 0, 0]
    return [str(file), status.st_size, status.st_mtime_ns]


def _plugins(variables: Mapping[str, str], home: Path) -> Iterator[Path]:
    config = Path(variables.get("DOCKER_CONFIG") or home / ".docker")
    folders = [config / "cli-plugins", *_extra(config), *(Path(folder) for folder in _SYSTEM_FOLDERS)]
    for folder in folders:
        try:
            yield from (entry for entry in folder.iterdir() if entry.name.startswith("docker-"))
        except OSError:
            continue


def _extra(config: Path) -> list[Path]:
    try:
        named = parse_json(read_text(config / "config.json")).get("cliPluginsExtraDirs", [])
        return [Path(folder) for folder in named]
    except (OSError, ValueError, AttributeError, TypeError):
        return []
