"""Each common command in terms of the SDK, printing what the docker CLI prints."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.engine.endpoint import Endpoint
from machsh.engine.fallback import parsing
from machsh.environment import Environment
from machsh.errors import MachshError

_SECONDS = 60
"""Deadline of one answer of the engine."""

DOCKER_FAILED = 125
"""docker's code for `run` and `exec` that did not come to run."""


@dataclass(frozen=True, slots=True)
class Call:
    """One command: the SDK's client, the parsed words, and where output goes."""

    client: Any
    wish: argparse.Namespace
    environment: Environment

    def say(self, text: str) -> None:
        """A line of output."""
        self.environment.stdout.write(text + "\n")

    def complain(self, text: str) -> None:
        """A line of error output."""
        self.environment.stderr.write(text + "\n")


def call(endpoint: Endpoint, name: str, words: Sequence[str], environment: Environment) -> int:
    """Run one command; its exit code. Raises MachshError when the engine cannot be reached or refuses."""
    from docker import errors
    from requests.exceptions import RequestException

    from machsh.engine.fallback import containers, images, system

    wish = parsing.parse(name, words)
    handlers: dict[str, Callable[[Call], int]] = {**containers.HANDLERS, **images.HANDLERS, **system.HANDLERS}
    code = DOCKER_FAILED if name in ("run", "exec") else 1
    client = None
    try:
        client = connect(endpoint)
        return handlers[name](Call(client, wish, environment))
    except errors.APIError as error:
        raise MachshError(f"Error response from daemon: {error.explanation or error}", code=code) from error
    except (errors.DockerException, RequestException) as error:
        text = f"Cannot connect to the Docker daemon at {endpoint.url}. Is the docker daemon running?"
        raise MachshError(text, hint=str(error), code=code) from error
    finally:
        if client is not None:
            client.close()


def connect(endpoint: Endpoint) -> Any:
    """A client of the SDK that negotiates the API version."""
    import docker
    from docker.tls import TLSConfig

    if endpoint.scheme == "ssh":
        raise MachshError("docker over ssh needs the docker CLI or the shell's relay")
    secured: Any = False
    url = endpoint.url
    if endpoint.is_tls and (paths := endpoint.paths):
        files = (str(paths.cert), str(paths.key))
        secured = TLSConfig(client_cert=files, ca_cert=str(paths.ca), verify=True)
        url = url.replace("tcp://", "https://")
    return docker.DockerClient(base_url=url, tls=secured, timeout=_SECONDS, version="auto")


def for_each(call: Call, work: Callable[[str], object], names: Sequence[str]) -> int:
    """Do something per name and print it, as docker does: go on after a failure, exit 1 in the end."""
    from docker import errors

    code = 0
    for name in names:
        try:
            work(name)
            call.say(name)
        except errors.APIError as error:
            call.complain(f"Error response from daemon: {error.explanation or error}")
            code = 1
    return code
