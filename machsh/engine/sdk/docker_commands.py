"""Runs a docker command through the SDK, with the docker CLI's output and error messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from machsh.engine.endpoint import Endpoint
from machsh.engine.errors import UnreachableError
from machsh.engine.sdk import containers, images, parsing, system
from machsh.engine.sdk.call import DOCKER_FAILED, SdkCall
from machsh.engine.sdk.client import SECONDS, connect
from machsh.environment import Environment
from machsh.errors import MachshError


def call(endpoint: Endpoint, name: str, words: Sequence[str], environment: Environment) -> int:
    """Run the docker command `name` and return its exit code.

    Raises UsageError for unknown options, and MachshError if the engine is unreachable or refuses.
    """
    from docker import errors
    from requests.exceptions import RequestException

    flags = parsing.parse(name, words)
    handlers: dict[str, Callable[[SdkCall], int]] = {
        **containers.HANDLERS,
        **images.HANDLERS,
        **system.HANDLERS,
    }
    code = DOCKER_FAILED if name in ("run", "exec") else 1
    client = None
    try:
        client = connect(endpoint)
        return handlers[name](SdkCall(client, flags, environment, endpoint))
    except errors.APIError as error:
        raise MachshError(f"Error response from daemon: {error.explanation or error}", code=code) from error
    except (errors.DockerException, RequestException, UnreachableError) as error:
        text = f"Cannot connect to the Docker daemon at {endpoint.url}. Is the docker daemon running?"
        raise MachshError(text, hint=str(error), code=code) from error
    except TimeoutError as error:
        text = f"the engine at {endpoint.url} did not answer within {SECONDS} s"
        raise MachshError(text, hint="look at its log on the machine", code=code) from error
    except (MachshError, OSError):
        raise
    except Exception as error:  # for malformed responses the SDK and urllib3 raise arbitrary exceptions
        text = f"the engine at {endpoint.url} does not answer as docker's API does"
        raise MachshError(text, hint=f"is another program on that port? ({error})", code=code) from error
    finally:
        if client is not None:
            client.close()
