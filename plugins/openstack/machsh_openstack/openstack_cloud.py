"""The services of a cloud by OpenStack's own library, with our deadlines, retries and error texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from machsh.api import (
    Deadline,
    DeadlineError,
    Environment,
    FoundCredential,
    MachshError,
    TryAgain,
    retry_adapter,
    retrying,
)
from machsh_openstack.openstack_access import region_settings
from machsh_openstack.openstack_record import OpenStackRecord

if TYPE_CHECKING:
    from openstack.connection import Connection

T = TypeVar("T")

PAUSE = 1.0
"""Seconds between two questions for the state of something."""
REQUEST_SECONDS = 30.0
_MOST_TEXT = 400
_HINTS = {
    401: "user, password, project and domains must be those of an RC file that the dashboard offers",
    403: "the project's quota is reached, or the user's role in it does not allow this",
    413: "the project's quota is reached: remove what is not needed, or ask for more",
}


class OpenStackCloud:
    """One project in one region, for the calls that end by a deadline. `say` gets a line for each pause."""

    def __init__(
        self,
        environment: Environment,
        record: OpenStackRecord,
        secret: FoundCredential,
        deadline: Deadline,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.deadline = deadline
        self._settings = region_settings(environment, record, secret.value)
        self._say = say
        self._connection: Connection | None = None

    @property
    def api(self) -> Connection:
        """The library's connection; importing it takes time, which only calls need."""
        if self._connection is None:
            with explained("logging in to OpenStack"):
                self._connection = self._connect()
        return self._connection

    def _connect(self) -> Connection:
        import requests
        from keystoneauth1.session import Session
        from openstack.config.loader import OpenStackConfig
        from openstack.connection import Connection

        http = requests.Session()
        for scheme in ("https://", "http://"):
            http.mount(scheme, retry_adapter(self.deadline, self._say))

        def session(**words: Any) -> Session:
            # The adapter repeats requests; the library would do so without our deadline.
            return Session(session=http, connect_retries=0, **{**words, "timeout": REQUEST_SECONDS})

        files, chosen = self._settings
        config = OpenStackConfig(
            **files, load_envvars=False, session_constructor=session, app_name="machsh"
        )
        return Connection(config=config.get_one(**chosen), use_direct_get=True)

    def region_names(self) -> list[str]:
        """Return the regions of the catalog, which comes with the login."""
        session = self.api.session
        with explained("asking for the regions"):
            catalog = session.auth.get_access(session).service_catalog.get_endpoints()
        return sorted({str(one.get("region_id")) for found in catalog.values() for one in found if one.get("region_id")})

    def patiently(self, call: Callable[[], T]) -> T:
        """Repeat a call while something else still uses its resource. Raises what the call raises last."""
        return retrying(call, self.deadline, _judge, self._say, words=_message)


def _judge(error: Exception) -> TryAgain | None:
    from openstack.exceptions import HttpException

    is_busy = isinstance(error, HttpException) and error.status_code in (400, 409)
    return TryAgain(PAUSE) if is_busy else None


def _message(error: BaseException) -> str:
    """Return what a service said, without the URL and the classes that the library puts around it."""
    text = getattr(error, "details", "") or getattr(error, "message", "") or str(error)
    return " ".join(str(text).split())[:_MOST_TEXT] or type(error).__name__


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn the libraries' errors into ours. Raises MachshError with a hint, or DeadlineError."""
    from keystoneauth1.exceptions import ClientException, ConnectFailure, ConnectTimeout
    from openstack.exceptions import ConfigException, HttpException, SDKException
    from requests.exceptions import RequestException, Timeout

    try:
        yield
    except (ConnectTimeout, Timeout) as error:
        raise DeadlineError(f"{doing}: OpenStack did not answer in time") from error
    except (ConnectFailure, RequestException) as error:
        text = f"{doing}: OpenStack cannot be reached: {_innermost(error)}"
        raise MachshError(text, hint="look at the network, and at --openstack-auth-url or clouds.yaml") from error
    except ConfigException as error:
        raise MachshError(f"{doing}: {_message(error)}", hint="look at clouds.yaml") from error
    except (HttpException, ClientException, SDKException) as error:
        status = _status(error)
        code = f" ({status})" if status else ""
        raise MachshError(f"{doing}: {_message(error)}{code}", hint=_HINTS.get(status, "")) from error


def _status(error: BaseException) -> int:
    for name in ("status_code", "http_status"):
        if isinstance(found := getattr(error, name, None), int):
            return found
    return 0


def _innermost(error: BaseException) -> str:
    while error.__context__ is not None and error.__context__ is not error:
        error = error.__context__
    return _message(error)


def found_or_none(call: Callable[[], T]) -> T | None:
    """Return what a call finds; None if the cloud says that there is no such thing."""
    from openstack.exceptions import NotFoundException

    try:
        return call()
    except NotFoundException:
        return None
