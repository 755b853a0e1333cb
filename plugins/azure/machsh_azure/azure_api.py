"""Azure's management API: plain REST, with our deadlines, retries and error texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from machsh.api import (
    API_URL,
    Deadline,
    MachshError,
    TryAgain,
    UsageError,
    limited_session,
    reaching,
    retrying,
    wait_at_provider,
)
from machsh_azure.azure_answers import Json, entries, part, properties

if TYPE_CHECKING:
    from requests import Response, Session

ENDPOINTS = {
    "AzurePublicCloud": "https://management.azure.com",
    "AzureChinaCloud": "https://management.chinacloudapi.cn",
    "AzureUSGovernmentCloud": "https://management.usgovcloudapi.net",
}
"""`--azure-environment` -> where its API is."""
_VERSIONS = {
    "microsoft.compute": "2024-07-01",
    "microsoft.compute/disks": "2024-03-02",
    "microsoft.compute/skus": "2021-07-01",
    "microsoft.network": "2024-05-01",
}
"""Provider, or provider and type -> the version of its API."""
_RESOURCES_VERSION, _SUBSCRIPTIONS_VERSION = "2021-04-01", "2022-12-01"
REQUEST_SECONDS = 60.0
POLL_SECONDS = 1.0
_BUSY = frozenset({"AnotherOperationInProgress", "RetryableError", "NicReservedForAnotherVm"})
"""Codes of what another operation holds up for a while."""
_HINTS = {
    "AuthorizationFailed": "the identity needs the role Contributor, or the one in the driver's page",
    "InvalidAuthenticationToken": "log in anew: az login",
    "ExpiredAuthenticationToken": "log in anew: az login",
    "InvalidAuthenticationTokenTenant": "log in to the subscription's tenant: az login --tenant TENANT",
    "SubscriptionNotFound": "see which there are: az account list",
    "SkuNotAvailable": "try another --azure-size or --azure-location",
    "AllocationFailed": "try another --azure-size or --azure-location",
    "OverconstrainedAllocationRequest": "try another --azure-size or --azure-location",
    "QuotaExceeded": "the subscription's quota is used up: remove machines, or ask for more in the portal",
    "OperationNotAllowed": "the subscription's quota may be used up: az vm list-usage --location LOCATION",
    "MissingSubscriptionRegistration": "az provider register --namespace Microsoft.Compute (and .Network)",
    "ScopeLocked": "somebody has locked it: az lock list",
    "RequestDisallowedByPolicy": "a policy of your organization forbids it",
}


class AzureError(MachshError):
    """What Azure answered instead of what was asked for."""

    def __init__(self, text: str, azure_code: str, status: int) -> None:
        odd = "" if azure_code else "is it Azure's API that answers, or a proxy in between?"
        super().__init__(text, hint=_HINTS.get(azure_code, odd))
        self.azure_code = azure_code
        self.status = status

    @property
    def is_gone(self) -> bool:
        """Whether Azure says that there is no such thing (any more); a proxy that answers 404 does not."""
        return self.status == 404 and bool(self.azure_code)


@dataclass(frozen=True, slots=True)
class AzureAnswer:
    """An answer that is no refusal."""

    status: int
    headers: Mapping[str, str]
    content: Json


class AzureApi:
    """The API, for the calls that end by a deadline. `say` gets a line for each pause."""

    def __init__(
        self,
        token: str,
        deadline: Deadline,
        endpoint: str,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.deadline = deadline
        self._token = token
        self._endpoint = checked_endpoint(endpoint)
        self._say = say
        self._opened: Session | None = None
        self._operations: dict[str, str] = {}

    @property
    def _session(self) -> Session:
        if self._opened is None:
            import requests  # late: only calls need it

            self._opened = limited_session(requests.Session(), self.deadline, self._say)
            self._opened.headers.update({"Authorization": f"Bearer {self._token}", "User-Agent": "machsh"})
        return self._opened

    # One request

    def _send(self, method: str, url: str, doing: str, body: Json | None = None) -> AzureAnswer:
        """Send a request. Raises AzureError for a refusal, MachshError for what is no answer."""
        if urlsplit(url)[:2] != urlsplit(self._endpoint)[:2]:
            raise MachshError(f"{doing}: Azure points to another server: {urlsplit(url).hostname}")
        with reaching_azure(doing):
            answer = self._session.request(
                method, url, json=body, timeout=REQUEST_SECONDS, allow_redirects=False
            )
            content = _content(answer, doing)
        if answer.status_code >= 300:
            raise _refusal(doing, content, answer.status_code)
        return AzureAnswer(answer.status_code, answer.headers, content)

    def _call(
        self, method: str, path: str, doing: str, query: Mapping[str, str], body: Json | None = None
    ) -> AzureAnswer:
        return self._send(method, self._url(path, query), doing, body)

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        words = "".join(f"&{quote(name)}={quote(value)}" for name, value in query.items())
        return f"{self._endpoint}{quote(path)}?api-version={version_of(path)}{words}"

    # What drivers ask for

    def get(self, path: str, doing: str, **query: str) -> Json:
        """Return what is at a path. Raises AzureError."""
        return self._call("GET", path, doing, query).content

    def find(self, path: str, doing: str) -> Json | None:
        """Return what is at a path; None if there is nothing."""
        try:
            return self.get(path, doing)
        except AzureError as error:
            if not error.is_gone:
                raise
            return None

    def listed(self, path: str, doing: str, **query: str) -> Iterator[Json]:
        """Yield the entries of all pages of a list."""
        answer = self._call("GET", path, doing, query).content
        while True:
            yield from entries(answer, "value")
            following = answer.get("nextLink")
            if not following:
                return
            self.deadline.check(doing)
            answer = self._send("GET", str(following), doing).content

    def choices(self, path: str, doing: str) -> list[str]:
        """Return the names of a list that has neither pages nor a frame, such as an image's versions."""
        return [str(one.get("name", "")) for one in entries(self.get(path, doing), "value")]

    def put(self, path: str, body: Json, doing: str) -> str:
        """Begin to make something, and return its path. `settle` waits for it."""
        answer = retrying(
            lambda: self._call("PUT", path, doing, {}, body), self.deadline, _busy, self._say, words=str
        )
        self._operations[path] = answer.headers.get("Azure-AsyncOperation", "")
        return path

    def settle(self, path: str, doing: str) -> Json:
        """Wait until something that was made is there, and return it. Raises MachshError with the reason."""
        found: Json = {}

        def is_there() -> bool:
            nonlocal found
            found = self.get(path, doing)
            state = properties(found).get("provisioningState", "Succeeded")
            if state in ("Failed", "Canceled"):
                raise MachshError(f"{doing}: {str(state).lower()}: {self._reason(path)}")
            return bool(state == "Succeeded")

        wait_at_provider(is_there, self.deadline, doing, lambda: _state_of(found), POLL_SECONDS)
        return found

    def _reason(self, path: str) -> str:
        operation = self._operations.get(path)
        content = self._send("GET", operation, "asking for the reason").content if operation else {}
        return _error_of(content)[1]

    def act(self, path: str, action: str, doing: str, **query: str) -> None:
        """Do something to a thing, such as `start`, and wait for the end."""

        def call() -> AzureAnswer:
            return self._call("POST", f"{path}/{action}", doing, query)

        self._wait(retrying(call, self.deadline, _busy, self._say, words=str), doing)

    def delete(self, path: str, doing: str) -> bool:
        """Destroy something, and wait until it is gone; return whether it was there."""
        answer = None
        try:
            answer = retrying(
                lambda: self._call("DELETE", path, doing, {}), self.deadline, _busy, self._say, words=str
            )
            self._wait(answer, doing)
        except AzureError as error:
            if not error.is_gone:
                raise
        return answer is not None and answer.status != 204

    def _wait(self, answer: AzureAnswer, doing: str) -> None:
        """Wait for what an answer says is going on. Raises MachshError with the provider's reason."""
        operation = answer.headers.get("Azure-AsyncOperation", "")
        place = operation or (answer.headers.get("Location", "") if answer.status == 202 else "")
        state = "Accepted"

        def is_done() -> bool:
            nonlocal state
            following = self._send("GET", place, doing)
            if not operation:
                return following.status != 202
            state = str(following.content.get("status"))
            if state in ("Failed", "Canceled"):
                code, text = _error_of(following.content)
                raise AzureError(f"{doing}: {text}", code, 0)
            return state == "Succeeded"

        if place:
            wait_at_provider(is_done, self.deadline, doing, lambda: f"it is {state}", POLL_SECONDS)


def checked_endpoint(endpoint: str) -> str:
    """Return the API's URL without a slash at its end. Raises UsageError if a token must not go there."""
    if not API_URL.accepts(endpoint):
        raise UsageError(f"--azure-endpoint {endpoint} is not https", hint="a token is sent there")
    return endpoint.rstrip("/")


def version_of(path: str) -> str:
    """Return the version of the API that a path belongs to."""
    match = re.search(r".*/providers/([^/]+)/([^/]+)", path.lower())
    if match:
        return _VERSIONS.get(f"{match[1]}/{match[2]}") or _VERSIONS.get(match[1], _RESOURCES_VERSION)
    is_group = "/resourcegroups" in path.lower() or path.endswith("/resources")
    return _RESOURCES_VERSION if is_group else _SUBSCRIPTIONS_VERSION


def _content(answer: Response, doing: str) -> Json:
    """Return the JSON object of an answer; {} for none. A list, which some paths answer, gets a frame."""
    try:
        found = json.loads(answer.content or b"{}")
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list):
        found = {"value": found}
    if not isinstance(found, dict):
        if answer.status_code >= 300:
            return {}
        raise MachshError(f"{doing}: what answered is not Azure's API", hint="is a proxy in between?")
    return found


def _refusal(doing: str, content: Json, status: int) -> AzureError:
    code, text = _error_of(content)
    return AzureError(f"{doing}: {text or f'Azure answered {status}'}", code, status)


def _error_of(content: Json) -> tuple[str, str]:
    """Return code and text of an error, the innermost that tells something."""
    error = part(content, "error")
    if not error:
        return "", "no reason was given"
    details = [one for one in entries(error, "details") if one.get("message")]
    inner = details[0] if details else error
    code, text = str(inner.get("code", "")), " ".join(str(inner.get("message", "")).split())[:500]
    return code, f"{text} ({code})" if code else text


def _state_of(found: Json) -> str:
    return f"it is {properties(found).get('provisioningState', 'not there')}"


def _busy(error: Exception) -> TryAgain | None:
    return TryAgain() if isinstance(error, AzureError) and error.azure_code in _BUSY else None


def reaching_azure(doing: str) -> AbstractContextManager[None]:
    """Turn what the network does into ours. Raises MachshError, or DeadlineError."""
    return reaching(doing, "Azure", "status.azure.com")
