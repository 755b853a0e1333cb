"""The real docker CLI on an endpoint: variables for the child only, the terminal lent, codes unchanged."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.environment import DOCKER_MACHINE, Environment

if TYPE_CHECKING:
    from machsh.engine.fallback import Fallback
    from machsh.engine.foreground import Foreground

_OURS = ("machsh", DOCKER_MACHINE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A docker command ready to start: its words and its complete variables."""

    argv: tuple[str, ...]
    variables: dict[str, str]


def find(environment: Environment) -> Path | None:
    """The docker CLI on the PATH; never ourselves under that name."""
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


def run(
    endpoint: Endpoint,
    words: Sequence[str],
    environment: Environment,
    machine: str = "",
    *,
    seconds: float | None = None,
) -> int:
    """Run `docker WORDS` once and return its exit code; see `Docker`, which a session keeps."""
    return Docker(environment).run(endpoint, words, machine, seconds=seconds)


class Docker:
    """Runs docker commands for one session: by the CLI, or without one the common ones by the SDK."""

    def __init__(self, environment: Environment, foreground: Foreground | None = None) -> None:
        from machsh.engine.foreground import Foreground

        self._environment = environment
        self._foreground = foreground or Foreground(environment)
        self._fallback: Fallback | None = None

    def run(
        self, endpoint: Endpoint, words: Sequence[str], machine: str = "", *, seconds: float | None = None
    ) -> int:
        """Run `docker WORDS`; docker's exit code, 128+n when a signal ended it. `seconds` only when given."""
        program = find(self._environment)
        if program is None:
            return self._without_cli().run(endpoint, words)
        prepared = prepare(program, endpoint, words, self._environment, machine)
        return self._foreground.run(prepared.argv, prepared.variables, seconds=seconds).code

    def _without_cli(self) -> Fallback:
        from machsh.engine.fallback import Fallback

        if self._fallback is None:
            self._fallback = Fallback(self._environment)
        return self._fallback


def _path(environment: Environment) -> str:
    return environment.variables.get("PATH", os.defpath)


def _candidates(environment: Environment) -> Iterator[Path]:
    name = "docker.exe" if environment.platform == "win32" else "docker"
    for folder in _path(environment).split(os.pathsep):
        candidate = Path(folder or ".") / name
        if candidate.is_file() and os.access(candidate, os.X_OK):
            yield candidate


def _real(path: str | None) -> Path | None:
    return Path(os.path.realpath(path)) if path else None
