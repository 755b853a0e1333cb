"""Runs the common docker commands through the docker SDK when no docker CLI is installed."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from machsh.engine.endpoint import Endpoint
from machsh.environment import Environment
from machsh.errors import MachshError

NAMES = ("ps", "images", "pull", "run", "logs", "exec", "stop", "rm", "rmi", "inspect", "info", "version")
"""The commands that work without a docker CLI."""

REMEDY = "install the docker CLI (Debian: apt-get install docker.io or docker-cli) and put it on your PATH"


class OnceFlag:
    """A thread-safe flag that is true for the first call only."""

    def __init__(self) -> None:
        self._guard = threading.Lock()

    def __call__(self) -> bool:
        """Return True on the first call, False on every later one."""
        return self._guard.acquire(blocking=False)


class Fallback:
    """Replaces the docker CLI and prints a note about it once; instances can share the flag `notes`."""

    def __init__(self, environment: Environment, notes: OnceFlag | None = None) -> None:
        self._environment = environment
        self._notes = notes or OnceFlag()

    def run(self, endpoint: Endpoint, words: Sequence[str]) -> int:
        """Run `docker WORDS` and return docker's exit code.

        Raises MachshError for a command that is not in NAMES and if the engine is unreachable or refuses, and
        UsageError for unknown options.
        """
        name, rest = (words[0], list(words[1:])) if words else ("", [])
        if name not in NAMES:
            called = f"docker {name}".strip()
            raise MachshError(f"{called}: no docker CLI on your PATH", hint=REMEDY, code=127)
        from machsh.engine.sdk.docker_commands import call

        self._note()
        return call(endpoint, name, rest, self._environment)

    def _note(self) -> None:
        if self._notes():
            text = "no docker CLI on your PATH: the common commands work through the docker SDK"
            self._environment.stderr.write(f"note: {text}; {REMEDY}\n")
