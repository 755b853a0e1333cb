"""The real docker CLI on an endpoint: variables for the child only, the terminal lent, codes unchanged."""

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
"""PATH and our own program -> the CLI that was found there: a shell asks at each command."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A docker command ready to start: its words and its complete variables."""

    argv: tuple[str, ...]
    variables: dict[str, str]


def find(environment: Environment) -> Path | None:
    """The docker CLI on the PATH; never ourselves under that name. As in a shell, kept while it is there."""
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
    """What to start for `docker WORDS` on the endpoint; the user's own environment stays as it is."""
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
