"""Lets sessions of requests, ours and those of providers' libraries, keep machsh's limits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from machsh.deadline import Deadline
from machsh.drivers.cloud.api_retry import retry_adapter
from machsh.drivers.cloud.limited_answer import MOST_BYTES

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

    Opened = TypeVar("Opened", bound=Session)


def limited_session(
    session: Opened,
    deadline: Deadline,
    say: Callable[[str], None] = lambda text: None,
    *,
    is_patient: bool = True,
    most_bytes: int = MOST_BYTES,
) -> Opened:
    """Let a session of requests keep machsh's limits, and return it.

    All of its answers come through a `retry_adapter`; one that is not patient repeats nothing. A `.netrc`,
    in which requests looks on its own, has no say: a login there would replace the session's, and its entry
    `default` goes to every host. Proxy variables and REQUESTS_CA_BUNDLE hold as for requests.
    """
    adapter = retry_adapter(deadline, say, most_bytes, is_patient=is_patient)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    session.auth = session.auth or _as_it_is  # only who has none is given what a .netrc has
    session.rebuild_auth = functools.partial(_authorize_next, session)  # type: ignore[method-assign]
    return session


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    return request


def _authorize_next(session: Session, prepared_request: PreparedRequest, response: Response) -> None:
    """Do for the next request, after a redirect, what requests does, but for the look into a `.netrc`."""
    headers, former, url = prepared_request.headers, response.request.url, prepared_request.url
    if "Authorization" in headers and session.should_strip_auth(former, url):  # type: ignore[no-untyped-call]
        del headers["Authorization"]
