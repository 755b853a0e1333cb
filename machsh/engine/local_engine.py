"""Finds the engine of this computer and checks whether it is running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from machsh.engine.endpoint import LOCAL_SOCKET, Endpoint
from machsh.environment import Environment

ANSWER_SECONDS = 0.2
"""Time limit for connecting to a local socket, which succeeds at once or not at all."""
WINDOWS_PIPE = "npipe:////./pipe/docker_engine"


def endpoint(environment: Environment) -> Endpoint:
    """Return the endpoint of this computer's engine.

    That is the socket in `DOCKER_HOST`, if it exists, else the first existing socket of the usual paths, else
    docker's default. On Windows it is docker's named pipe.
    """
    if environment.platform == "win32":
        return Endpoint(WINDOWS_PIPE)
    for path in _candidates(environment):
        if path.is_socket():
            return Endpoint(f"unix://{path}")
    return Endpoint(LOCAL_SOCKET)


def given_socket(environment: Environment) -> str:
    """Return `DOCKER_HOST` if it names a socket of this computer's engine, else "".

    With `DOCKER_MACHINE_NAME` beside it, it is a machine's: `env` prints the socket of a kept relay.
    """
    given = environment.variable("DOCKER_HOST") or ""
    is_machines = bool(environment.variable("DOCKER_MACHINE_NAME"))
    return given if given.startswith("unix://") and not is_machines else ""


def answers(environment: Environment) -> bool:
    """Whether an engine listens on this computer. Uses no network and takes at most ANSWER_SECONDS."""
    if environment.platform == "win32":
        return Path("//./pipe/docker_engine").exists()
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(endpoint(environment).url.removeprefix("unix://"))
        except OSError:
            return False
    return True


def _candidates(environment: Environment) -> Iterator[Path]:
    given = given_socket(environment)
    if given:
        yield Path(given.removeprefix("unix://"))
    yield Path(LOCAL_SOCKET.removeprefix("unix://"))
    runtime = environment.variable("XDG_RUNTIME_DIR")
    if runtime:
        yield Path(runtime) / "docker.sock"
    yield environment.home / ".docker" / "run" / "docker.sock"
    yield environment.home / ".docker" / "desktop" / "docker.sock"
