"""The provider's API by its own library, with our deadlines, retries and error texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from machsh.api import (
    API_URL,
    ODD_ANSWER,
    Deadline,
    MachshError,
    TryAgain,
    UsageError,
    limited_session,
    odd_answer,
    reaching,
    retrying,
)

if TYPE_CHECKING:
    from hcloud import Client
    from hcloud.actions import BoundAction

T = TypeVar("T")

ENDPOINT = "https://api.hetzner.cloud/v1"
REQUEST_SECONDS = 30.0
_WHO = "Hetzner's API"
_BUSY = frozenset({"conflict", "locked", "resource_in_use"})
"""Codes of what another action of the same resource holds up for a moment."""
_HINTS = {
    "unauthorized": "the token is not valid (any more): make one in Hetzner's console, and set HCLOUD_TOKEN",
    "token_readonly": "the token may only read: make one with read and write",
    "forbidden": "the token may only read, or the project may not do this",
    "resource_limit_exceeded": "the project's limit is reached: remove servers, or raise it in the console",
    "resource_unavailable": "try another --hetzner-server-location or --hetzner-server-type",
    "placement_error": "try another --hetzner-server-location, or no placement group",
    "uniqueness_error": "something of that name is there already: `machsh orphans` lists what was left over",
    "rate_limit_exceeded": "the project has used up its requests of this hour: try again later",
}


class HetznerCloud:
    """One project, for the calls that end by a deadline. `say` gets a line for each pause."""

    def __init__(
        self,
        token: str,
        deadline: Deadline,
        endpoint: str = "",
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.deadline = deadline
        self._token = token
        if endpoint and not API_URL.accepts(endpoint):
            raise UsageError(f"--hetzner-endpoint {endpoint} is not https", hint="the token is sent there")
        self._endpoint = (endpoint or ENDPOINT).rstrip("/")
        self._say = say
        self._client: Client | None = None

    @property
    def api(self) -> Client:
        """The library's client; importing it takes time, which only calls need."""
        if self._client is None:
            from hcloud import Client

            self._client = Client(
                self._token, self._endpoint, application_name="machsh", timeout=REQUEST_SECONDS
            )
            # The library has retries of its own, which know neither our deadline nor the provider's hint.
            inner = self._client._client
            inner._retry_max_retries = 0
            limited_session(inner._session, self.deadline, self._say)
        return self._client

    def patiently(self, call: Callable[[], T]) -> T:
        """Repeat a call while another action holds its resource up. Raises what the call raises last."""
        return retrying(call, self.deadline, _judge, self._say)

    def wait(self, action: BoundAction | None, what: str, pause: float = 1.0) -> None:
        """Wait for an action. Raises MachshError with the provider's reason, or DeadlineError."""
        from machsh.api import wait_at_provider

        if action is None:
            return

        def is_done() -> bool:
            if action.status == "running":
                action.reload()
            if action.status == "error":
                raise MachshError(f"{what} failed: {_reason(action)}")
            return bool(action.status == "success")

        wait_at_provider(
            is_done, self.deadline, what, lambda: f"{action.command} is at {action.progress} %", pause
        )


def _reason(action: BoundAction) -> str:
    error: Any = action.error or {}
    return f"{error.get('message', 'no reason was given')} ({error.get('code', 'unknown')})"


def _judge(error: Exception) -> TryAgain | None:
    return TryAgain() if code_of(error) in _BUSY else None


def code_of(error: BaseException) -> str:
    """Return the provider's code of an error, `not_found` for instance; "" for other errors."""
    from hcloud import APIException

    # The library's own code is a number: what answered has not the form of the API's errors. A proxy that
    # answers 404 does not say that a server is gone.
    if not isinstance(error, APIException) or isinstance(error.code, int):
        return ""
    return str(error.code)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn the library's errors into ours. Raises MachshError with a hint, or DeadlineError."""
    from hcloud import HCloudException

    try:
        with reaching(doing, _WHO, "status.hetzner.com"):
            yield
    except HCloudException as error:
        status, message = getattr(error, "code", ""), getattr(error, "message", str(error))
        if isinstance(status, int) and status < 500:
            raise odd_answer(f"{doing}: {message} ({status})", _WHO) from error
        code = code_of(error) or str(status)
        raise MachshError(
            f"{doing}: {message}" + (f" ({code})" if code else ""), hint=_HINTS.get(code, "")
        ) from error
    except ODD_ANSWER as error:
        raise odd_answer(doing, _WHO, error) from error


def is_gone(error: BaseException) -> bool:
    """Whether the provider says that there is no such thing (any more)."""
    return code_of(error) == "not_found"


def found_or_none(call: Callable[[], T]) -> T | None:
    """Return what a call finds; None if the provider says that there is no such thing."""
    from hcloud import APIException

    try:
        return call()
    except APIException as error:
        if not is_gone(error):
            raise
        return None
