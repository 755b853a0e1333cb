"""Compute Engine's REST API, version 1, with google-auth: our deadlines, retries and error texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from machsh.api import (
    ODD_ANSWER,
    Deadline,
    DeadlineError,
    FoundCredential,
    MachshError,
    TryAgain,
    innermost_reason,
    limited_session,
    odd_answer,
    retrying,
    wait_at_provider,
)

if TYPE_CHECKING:
    from google.auth.transport.requests import AuthorizedSession
    from requests import Response

T = TypeVar("T")
Answer = dict[str, Any]

ENDPOINT = "https://compute.googleapis.com/compute/v1"
REQUEST_SECONDS = 30.0
WHO = "Google's API"
PAUSE = 1.0
"""Seconds between two questions for an operation."""
_PAGE = 500
_MOST_TEXT = 600
_LIMITED = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_BUSY = frozenset({"resourceNotReady", "resourceInUseByAnotherResource", "RESOURCE_NOT_READY"})
"""Reasons of what another operation on the same resource holds up for a moment."""
_QUOTA = "the project's quota is reached: remove machines, or ask for more in the console"
_HINTS = {
    401: "the login is not valid (any more): gcloud auth application-default login",
    403: "the account may not do this: docs/drivers/google.md has the least permissions",
    "quotaExceeded": _QUOTA,
    "QUOTA_EXCEEDED": _QUOTA,
    "ZONE_RESOURCE_POOL_EXHAUSTED": "the zone is full: try another --google-zone or --google-machine-type",
    "alreadyExists": "that name is taken: `machsh orphans -d google` lists what was left over",
    "accessNotConfigured": "switch the API on: gcloud services enable compute.googleapis.com",
    "rateLimitExceeded": "the project has used up its requests for now: try again later",
}


class GceError(MachshError):
    """What Google told: its HTTP status (0 for an operation's), and its reason, such as `notFound`."""

    def __init__(self, text: str, status: int = 0, reason: str = "") -> None:
        odd = "is it Google's API that answers, or a proxy in between?" if status and not reason else ""
        hint = _HINTS.get(reason) or _HINTS.get(status, odd)
        super().__init__(f"{text} ({reason})" if reason else text, hint=hint)
        self.status = status
        self.reason = reason
        self.is_gone = status == 404 and bool(reason)
        """Whether Google says so; a proxy that answers 404 does not say that an instance is gone."""


class GceApi:
    """One project, for the calls that end by a deadline. `say` gets a line for each pause."""

    def __init__(
        self,
        project: str,
        credential: FoundCredential,
        deadline: Deadline,
        endpoint: str = "",
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.deadline = deadline
        self.project = project
        self._credential = credential
        self._endpoint = (endpoint or ENDPOINT).rstrip("/")
        self._say = say
        self._session: AuthorizedSession | None = None

    def path(self, *words: str) -> str:
        """Return a path in the project: `path("global", "firewalls", "web")`."""
        return "/".join(["projects", *(quote(word, safe=":") for word in (self.project, *words))])

    def get(self, path: str, **query: str) -> Answer:
        """Read something. Raises GceError."""
        return self._call("GET", path, None, query)

    def found_or_none(self, path: str, **query: str) -> Answer | None:
        """Read something; None if Google says that there is no such thing. Raises GceError."""
        try:
            return self.get(path, **query)
        except GceError as error:
            if error.is_gone:
                return None
            raise

    def post(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Answer:
        """Begin an operation, and return it. Raises GceError."""
        return self._call("POST", path, body or {}, query)

    def patch(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Begin to change something. Raises GceError."""
        return self._call("PATCH", path, body, {})

    def delete(self, path: str) -> Answer | None:
        """Begin to delete something that no other operation holds; None if it is gone. Raises GceError."""
        try:
            return retrying(
                lambda: self._call("DELETE", path, None, {}), self.deadline, _judge_busy, self._say
            )
        except GceError as error:
            if error.is_gone:
                return None
            raise

    def items(self, path: str, **query: str) -> Iterator[Answer]:
        """Yield a list's entries, from all pages."""
        for page in self._pages(path, query):
            yield from page.get("items") or []

    def everywhere(self, kind: str, **query: str) -> Iterator[Answer]:
        """Yield the entries of a kind in all zones."""
        for page in self._pages(self.path("aggregated", kind), {**query, "returnPartialSuccess": "true"}):
            for scope in (page.get("items") or {}).values():
                yield from scope.get(kind) or []

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Answer]:
        token: str | None = ""
        while token is not None:
            more = {"pageToken": token} if token else {}
            page = self.get(path, **{"maxResults": str(_PAGE), **query, **more})
            yield page
            token = page.get("nextPageToken") or None

    def wait(self, operation: Answer | None, what: str) -> None:
        """Wait for an operation. Raises GceError with Google's reason, or DeadlineError."""
        if operation is None:
            return
        last = operation
        scope = ("zones", last_part(operation["zone"])) if operation.get("zone") else ("global",)
        path = self.path(*scope, "operations", str(operation.get("name")))

        def is_done() -> bool:
            nonlocal last
            if last.get("status") != "DONE":
                last = self.get(path)
            return last.get("status") == "DONE"

        def reason() -> str:
            return f"{last.get('operationType')} is {last.get('status')}, {last.get('progress', 0)} %"

        wait_at_provider(is_done, self.deadline, what, reason, PAUSE)
        for error in (last.get("error") or {}).get("errors") or []:
            raise GceError(str(error.get("message")), 0, str(error.get("code") or ""))

    # One request

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str]
    ) -> Answer:
        return retrying(
            lambda: self._once(method, path, body, query), self.deadline, _judge_limited, self._say
        )

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str]
    ) -> Answer:
        with _explained():
            answer = self._opened().request(  # type: ignore[no-untyped-call]
                method,
                f"{self._endpoint}/{path}",
                params=dict(query),
                data=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json"} if body is not None else None,
                timeout=REQUEST_SECONDS,
            )
            with answer:
                content = _content(answer)
        if answer.status_code >= 400:
            raise _error_of(answer.status_code, content)
        return content

    def _opened(self) -> AuthorizedSession:
        """Return the session; importing the library takes time, which only calls need."""
        if self._session is None:
            from google.auth.transport.requests import AuthorizedSession, Request
            from requests import Session

            from machsh_google.gce_login import library_credentials

            # It asks for access tokens, with the same patience.
            logins = Request(limited_session(Session(), self.deadline, self._say))
            credentials = library_credentials(self._credential, logins)
            is_fixed = not self._credential.value.startswith("{")
            more = {"refresh_status_codes": () if is_fixed else (401,), "auth_request": logins}
            self._session = limited_session(
                AuthorizedSession(credentials, **more),  # type: ignore[no-untyped-call]
                self.deadline,
                self._say,
            )
            self._session.headers["User-Agent"] = "machsh"
        return self._session


def _content(answer: Response) -> Answer:
    """Return an answer's JSON object; {} for none. Raises MachshError for what is none."""
    try:
        found = json.loads(answer.content or b"{}")
    except (ValueError, RecursionError):
        found = None
    if answer.status_code < 400 and not isinstance(found, dict):
        raise MachshError("Google's API answered what is not its JSON", hint="is --google-endpoint right?")
    return found if isinstance(found, dict) else {}


def _error_of(status: int, content: Answer) -> GceError:
    told = content.get("error")
    error = told if isinstance(told, dict) else {}
    details = error.get("errors")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    text = str(error.get("message") or f"Google's API answered {status}")
    return GceError(" ".join(text.split())[:_MOST_TEXT], status, str(first.get("reason") or ""))


@contextmanager
def _explained() -> Iterator[None]:
    """Turn the libraries' errors into ours. Raises MachshError with a hint, or DeadlineError."""
    from google.auth.exceptions import GoogleAuthError, TransportError
    from requests.exceptions import RequestException, Timeout

    try:
        yield
    except Timeout as error:
        raise DeadlineError("Google's API did not answer in time") from error
    except (RequestException, TransportError) as error:
        text = f"Google's API cannot be reached: {innermost_reason(error)}"
        raise MachshError(text, hint="look at the network, and at status.cloud.google.com") from error
    except GoogleAuthError as error:
        told = " ".join(str(error.args[0] if error.args else error).split())[:_MOST_TEXT]
        raise MachshError(f"Google does not accept the login: {told}", hint=str(_HINTS[401])) from error


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Begin the messages of Google's errors with what was being done."""
    try:
        yield
    except GceError as error:
        error.args = (f"{what}: {error}",)
        raise
    except ODD_ANSWER as error:
        raise odd_answer(what, WHO, error) from error


def _judge_limited(error: Exception) -> TryAgain | None:
    return TryAgain() if isinstance(error, GceError) and error.reason in _LIMITED else None


def _judge_busy(error: Exception) -> TryAgain | None:
    return TryAgain() if isinstance(error, GceError) and error.reason in _BUSY else None


def last_part(url: str) -> str:
    """Return the last part of a resource's URL, which is its name."""
    return url.rstrip("/").rpartition("/")[2]
