"""Finds the docker CLI and prepares its command line and environment for an endpoint."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from machsh.engine.endpoint import Endpoint
from machsh.environment import DOCKER_MACHINE, Environment

_OURS = ("machsh", DOCKER_MACHINE)
_found: dict[tuple[str, str], Path] = {}
"""(PATH, argv[0]) -> the docker CLI found. Cached because the shell looks it up for each command."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A docker command ready to start: its argv and its complete environment."""

    argv: tuple[str, ...]
    variables: dict[str, str]


def find(environment: Environment) -> Path | None:
    """Return the docker CLI on the PATH, or None; never machsh itself installed under that name.

    The result is cached, as a shell does, until the file disappears or PATH changes.
    """
    key = (_path(environment), environment.program_path)
    kept = _found.get(key)
    if kept is not None and _is_program(kept):
        return kept
    found = _search(environment)
    if found is not None and found.is_absolute():
        _found[key] = found
    return found


def _search(environment: Environment) -> Path | None:
    ourselves = _real(shutil.which(environment.program_path, path=_path(environment)))
    for candidate in _candidates(environment):
        real = _real(str(candidate))
        if real and real != ourselves and real.stem not in _OURS:
            return candidate
    return None


def prepare(
    program: Path, endpoint: Endpoint, words: Sequence[str], environment: Environment, machine: str = ""
) -> Prepared:
    """Prepare `docker WORDS` for the endpoint. Only the child's environment changes, not ours.

    Raises MachshError when one of the endpoint's TLS files is not a regular file.
    """
    variables = endpoint.child_variables(environment, machine)
    return Prepared((str(program), *words), variables)


def _path(environment: Environment) -> str:
    return environment.variables.get("PATH", os.defpath)


def _candidates(environment: Environment) -> Iterator[Path]:
    name = "docker.exe" if environment.platform == "win32" else "docker"
    for folder in _path(environment).split(os.pathsep):
        candidate = Path(folder or ".") / name
        if _is_program(candidate):
            yield candidate


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _real(path: str | None) -> Path | None:
    return Path(os.path.realpath(path)) if path else None
