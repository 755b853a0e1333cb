"""Makes the docker SDK's client for an endpoint."""

from __future__ import annotations

from functools import partial
from typing import Any

from machsh.engine import http
from machsh.engine.dial import dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.sdk.limited_request import send_limited
from machsh.errors import MachshError

CONNECT_SECONDS = 20.0
SECONDS = 60
"""Time limit for one response of the engine."""


def connect(endpoint: Endpoint) -> Any:
    """Return a client that uses the newest API version supported by both the SDK and the engine.

    Raises MachshError if the engine's version cannot be queried.
    """
    import docker
    from docker.tls import TLSConfig

    version = _api_version(endpoint)
    secured: Any = False
    url = endpoint.url
    if endpoint.is_tls and (paths := endpoint.paths):
        files = (str(paths.cert), str(paths.key))
        secured = TLSConfig(client_cert=files, ca_cert=str(paths.ca), verify=True)
        url = url.replace("tcp://", "https://")
    client: Any = docker.DockerClient(base_url=url, tls=secured, timeout=SECONDS, version=version)
    client.api.send = partial(send_limited, client.api.send)
    # Otherwise requests would trust the user's REQUESTS_CA_BUNDLE instead of the machine's authority.
    client.api.trust_env = False
    return client


def _api_version(endpoint: Endpoint) -> str:
    from docker.constants import DEFAULT_DOCKER_API_VERSION
    from docker.utils import version_lt

    stream = dialer(endpoint)(CONNECT_SECONDS)
    try:
        supported = http.get(stream, "/version", SECONDS).json()["ApiVersion"]
        if not isinstance(supported, str):
            raise TypeError(f"ApiVersion is {supported!r}")
    except (OSError, MachshError, LookupError, TypeError) as error:
        raise MachshError(f"the engine at {endpoint.url} does not tell its version: {error}") from error
    finally:
        stream.close()
    return supported if version_lt(supported, DEFAULT_DOCKER_API_VERSION) else str(DEFAULT_DOCKER_API_VERSION)
