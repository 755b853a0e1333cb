"""The services of a cloud by OpenStack's own library, with our deadlines, retries and error texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from machsh.api import (
    ODD_ANSWER,
    Deadline,
    DeadlineError,
    Environment,
    FoundCredential,
    MachshError,
    TryAgain,
    limited_session,
    odd_answer,
    retrying,
    unreachable,
)
from machsh_openstack.openstack_listing import ListedServer, login_plugin, servers_of
from machsh_openstack.openstack_login import region_settings
from machsh_openstack.openstack_record import OpenStackRecord

if TYPE_CHECKING:
    from openstack.connection import Connection

T = TypeVar("T")

PAUSE = 1.0
"""Seconds between two questions for the state of something."""
REQUEST_SECONDS = 30.0
WHO = "OpenStack's API"
_MOST_TEXT = 400
_STATUS = re.compile(r" \(HTTP \d{3}\)$")
"""What the library puts behind some messages; we add the status to all."""
_ODD = "is it OpenStack's API that answers, or a proxy in between?"
_logins: dict[int, tuple[Any, dict[str, Any]]] = {}
"""Of this process: settings' hash -> the library's plugin that has the token, and what versions there are."""
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
        from openstack.config.loader import OpenStackConfig
        from openstack.connection import Connection

        files, chosen = self._settings
        config = OpenStackConfig(
            **files, load_envvars=False, session_constructor=self._session_type(), app_name="machsh"
        )
        region = config.get_one(**chosen)
        self._keep_token(region.get_auth())
        return Connection(config=region)

    @property
    def _login(self) -> tuple[Any, dict[str, Any]]:
        return _logins.get(hash(repr(self._settings)), (None, {}))

    def _keep_token(self, plugin: Any) -> Any:
        """Give a new plugin the token of this process, and return it."""
        former, versions = self._login
        if former is not None and (token := former.get_auth_state()):
            plugin.set_auth_state(token)
        _logins[hash(repr(self._settings))] = plugin, versions
        return plugin

    def _session_type(self) -> type[Any]:
        """Return the library's class of sessions, with our deadline and our way of trying again."""
        import logging

        import requests
        from keystoneauth1.session import Session

        for logger in map(logging.getLogger, ("keystoneauth", "openstack")):
            if not logger.handlers:  # warnings of the library would go to the terminal
                logger.addHandler(logging.NullHandler())
        http = limited_session(requests.Session(), self.deadline, self._say)
        _, versions = self._login

        class DeadlineSession(Session):
            def __init__(self, **words: Any) -> None:
                # The adapter repeats requests; the library would do so without our deadline.
                more: Any = {"timeout": REQUEST_SECONDS, "discovery_cache": versions, "connect_retries": 0}
                super().__init__(session=http, **{**words, **more})

        return DeadlineSession

    def all_servers(self) -> Iterator[ListedServer]:
        """Return the project's servers. Raises MachshError."""
        where: dict[str, Any] = {"service_type": "compute"}
        _, chosen = self._settings
        if "cloud" in chosen:  # only the library can read clouds.yaml
            config, session = self.api.config, self.api.session
            where |= {
                "interface": config.get_interface("compute"),
                "region_name": config.get_region_name("compute"),
            }
        else:
            plugin = self._keep_token(login_plugin(chosen))
            verify = chosen.get("verify", True) and chosen.get("cacert", True)
            session = self._session_type()(auth=plugin, verify=verify, app_name="machsh")
            where |= {
                "interface": chosen.get("interface", "public"),
                "region_name": chosen["region_name"],
            }
        return servers_of(session, where)

    @property
    def auth_url(self) -> str:
        """Where Keystone is."""
        return str(self.api.config.get_auth_args().get("auth_url") or "")

    def catalog(self) -> dict[str, list[dict[str, Any]]]:
        """Return type of service -> its endpoints, which come with the login."""
        session: Any = self.api.session
        with explained("asking for the services"):
            found: dict[str, list[dict[str, Any]]] = session.auth.get_access(
                session
            ).service_catalog.get_endpoints()
        return found

    def patiently(self, call: Callable[[], T], busy: tuple[int, ...] = (409,)) -> T:
        """Repeat a call while something else still uses its resource. Raises what the call raises last."""

        def judge(error: Exception) -> TryAgain | None:
            return TryAgain(PAUSE) if _status(error) in busy else None

        return retrying(call, self.deadline, judge, self._say, words=_message)


def _message(error: BaseException) -> str:
    """Return what a service said, without the URL and the classes that the library puts around it."""
    text = getattr(error, "details", "") or getattr(error, "message", "") or str(error)
    return _STATUS.sub("", " ".join(str(text).split()))[:_MOST_TEXT] or type(error).__name__


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn the libraries' errors into ours. Raises MachshError with a hint, or DeadlineError."""
    try:
        yield
    except MachshError:
        raise
    except Exception as error:
        told = _explanation(doing, error)
        if told is None:
            raise
        raise told from error


def _explanation(doing: str, error: Exception) -> MachshError | None:
    """Return our error for one of the libraries', which are imported only now."""
    from keystoneauth1.exceptions import ClientException, ConnectFailure, ConnectTimeout
    from openstack.exceptions import ConfigException, SDKException
    from requests.exceptions import InvalidJSONError, RequestException, Timeout

    if isinstance(error, (ConnectTimeout, Timeout)):
        return DeadlineError(f"{doing}: OpenStack did not answer in time")
    if isinstance(error, ConfigException):
        return MachshError(f"{doing}: {_message(error)}", hint="look at clouds.yaml")
    if isinstance(error, InvalidJSONError):
        return odd_answer(doing, WHO, error)
    if not isinstance(error, (RequestException, ClientException, SDKException)):
        return odd_answer(doing, WHO, error) if isinstance(error, ODD_ANSWER) else None
    if status := _status(error):  # the library's own errors are errors of requests, too
        answer = getattr(error, "response", None)
        odd = "" if answer is None or _is_told(answer) else _ODD
        return MachshError(f"{doing}: {_message(error)} ({status})", hint=_HINTS.get(status, odd))
    if not isinstance(error, (ConnectFailure, RequestException)):
        return MachshError(f"{doing}: {_message(error)}")
    return unreachable(doing, "OpenStack", error, "--openstack-auth-url or clouds.yaml")


def _status(error: BaseException) -> int:
    """Return the HTTP status of an answer, 0 for an error without an answer."""
    found = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    return found if isinstance(found, int) else 0


def found_or_none(call: Callable[[], T]) -> T | None:
    """Return what a call finds; None if the cloud says that there is no such thing."""
    from openstack.exceptions import NotFoundException

    try:
        return call()
    except NotFoundException as error:
        # A proxy that answers 404 does not say that a server is gone.
        answer = getattr(error, "response", None)
        if answer is not None and not _is_told(answer):
            raise
        return None


def _is_told(answer: Any) -> bool:
    """Whether a refusal has the form of a service's: an object with an object inside."""
    try:
        found = answer.json()
    except ValueError:
        return False
    return isinstance(found, dict) and any(isinstance(one, dict) for one in found.values())
