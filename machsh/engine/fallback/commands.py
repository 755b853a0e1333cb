"""Each common command in terms of the SDK, printing what the docker CLI prints."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.engine import http
from machsh.engine.dial import UnreachableError, dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.fallback import parsing
from machsh.environment import Environment
from machsh.errors import MachshError

CONNECT_SECONDS = 20.0
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
    endpoint: Endpoint

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
        return handlers[name](Call(client, wish, environment, endpoint))
    except errors.APIError as error:
        raise MachshError(f"Error response from daemon: {error.explanation or error}", code=code) from error
    except (errors.DockerException, RequestException, UnreachableError) as error:
        text = f"Cannot connect to the Docker daemon at {endpoint.url}. Is the docker daemon running?"
        raise MachshError(text, hint=str(error), code=code) from error
    finally:
        if client is not None:
            client.close()


def connect(endpoint: Endpoint) -> Any:
    """A client of the SDK that speaks the newest API version that both sides know."""
    import docker
    from docker.tls import TLSConfig

    version = _api_version(endpoint)
    secured: Any = False
    url = endpoint.url
    if endpoint.is_tls and (paths := endpoint.paths):
        files = (str(paths.cert), str(paths.key))
        secured = TLSConfig(client_cert=files, ca_cert=str(paths.ca), verify=True)
        url = url.replace("tcp://", "https://")
    client = docker.DockerClient(base_url=url, tls=secured, timeout=_SECONDS, version=version)
    # Otherwise a REQUESTS_CA_BUNDLE of the user's would be trusted instead of the machine's authority.
    client.api.trust_env = False
    return client


def _api_version(endpoint: Endpoint) -> str:
    from docker.constants import DEFAULT_DOCKER_API_VERSION
    from docker.utils import version_lt

    stream = dialer(endpoint)(CONNECT_SECONDS)
    try:
        stream.settimeout(_SECONDS)
        theirs = str(json.loads(http.get(stream, "/version").read())["ApiVersion"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MachshError(f"the engine at {endpoint.url} does not tell its version: {error}") from error
    finally:
        stream.close()
    return theirs if version_lt(theirs, DEFAULT_DOCKER_API_VERSION) else str(DEFAULT_DOCKER_API_VERSION)


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
