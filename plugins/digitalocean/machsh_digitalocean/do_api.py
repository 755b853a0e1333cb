"""DigitalOcean's API over HTTP, with our deadlines, retries, limits and error texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from machsh.api import (
    Deadline,
    MachshError,
    TryAgain,
    limited_session,
    reaching,
    retrying,
    wait_at_provider,
)

if TYPE_CHECKING:
    from requests import Response, Session

T = TypeVar("T")

ENDPOINT = "https://api.digitalocean.com"
REQUEST_SECONDS = 30.0
PAGE = 200
"""Entries of a page: the most that the provider allows."""
_MOST_PAGES = 500
_HINTS = {
    401: "the token is not valid (any more): make one in DigitalOcean's console, and set "
    "DIGITALOCEAN_ACCESS_TOKEN",
    403: "the token may not do this: its scopes must be those in docs/drivers/digitalocean.md",
    429: "the account has used up its requests of this hour: try again later",
}
_HINTS_BY_WORDS = {
    "limit": "the account's limit is reached: remove droplets, or ask DigitalOcean to raise it",
    "not available in": "try another --digitalocean-region or --digitalocean-size",
}
_BUSY = "pending event"
"""In the message of a refusal because another action of the same droplet has not ended."""


class DigitalOceanError(MachshError):
    """The provider refused a call, with an HTTP status and a message of its own."""

    def __init__(self, doing: str, status: int, code: str, message: str) -> None:
        words = next((hint for word, hint in _HINTS_BY_WORDS.items() if word in message.lower()), "")
        text = f"{doing}: {message}" + (f" ({code})" if code else "")
        odd = "" if code else "is it DigitalOcean's API that answers, or a proxy in between?"
        super().__init__(text, hint=_HINTS.get(status) or words or odd)
        self.status = status
        self.is_gone = status == 404 and bool(code)
        """Whether the API says so; a proxy that answers 404 does not say that a droplet is gone."""
        self.message = message


class DigitalOceanApi:
    """One account, for the calls that end by a deadline. `say` gets a line for each pause."""

    def __init__(
        self,
        token: str,
        deadline: Deadline,
        endpoint: str = "",
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.deadline = deadline
        self._token = token
        self._endpoint = (endpoint or ENDPOINT).rstrip("/")
        self._say = say
        self._opened: Session | None = None

    @property
    def _session(self) -> Session:
        if self._opened is None:
            import requests  # takes time, which only calls need

            self._opened = limited_session(requests.Session(), self.deadline, self._say)
            more = {"Authorization": f"Bearer {self._token}", "User-Agent": "machsh"}
            self._opened.headers.update(more)
        return self._opened

    def get(self, doing: str, path: str, **query: Any) -> dict[str, Any]:
        """Return the answer to a question; `path` is without `/v2`. Raises DigitalOceanError."""
        return self._call(doing, "GET", path, query)

    def every(self, doing: str, path: str, name: str, **query: Any) -> list[dict[str, Any]]:
        """Return the entries `name` of all pages. Raises DigitalOceanError."""
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = self.get(doing, path, **query, page=page, per_page=PAGE)
            entries = answer.get(name)
            if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
                raise MachshError(f"{doing}: DigitalOcean's answer has no {name}")
            found += entries
            if not entries or "next" not in _mapping(_mapping(answer.get("links")).get("pages")):
                break
        return found

    def post(self, doing: str, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Make something, or act on it. Raises DigitalOceanError."""
        return self._call(doing, "POST", path, content=content)

    def delete(self, doing: str, path: str) -> bool:
        """Delete something, and return whether it was there. Raises DigitalOceanError."""
        return found_or_none(lambda: self.patiently(lambda: self._call(doing, "DELETE", path))) is not None

    def patiently(self, call: Callable[[], T]) -> T:
        """Repeat a call while another action holds its droplet up. Raises what the call raises last."""
        return retrying(call, self.deadline, _judge, self._say)

    def act(self, doing: str, droplet: int, kind: str, pause: float) -> None:
        """Let a droplet do something and wait for its end. Raises MachshError if the provider gives up."""
        path = f"/droplets/{droplet}/actions"
        action = answer_part(doing, self.patiently(lambda: self.post(doing, path, {"type": kind})), "action")

        def is_done() -> bool:
            nonlocal action
            if action.get("status") == "in-progress":
                action = answer_part(doing, self.get(doing, f"{path}/{action.get('id')}"), "action")
            if action.get("status") == "errored":
                raise MachshError(f"{doing} failed: DigitalOcean gave {kind} up")
            return action.get("status") == "completed"

        wait_at_provider(is_done, self.deadline, doing, lambda: f"{kind} is {action.get('status')}", pause)

    def _call(
        self,
        doing: str,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        url = f"{self._endpoint}/v2{path}"
        with (
            reaching(doing, "DigitalOcean's API", "status.digitalocean.com"),
            self._session.request(
                method, url, params=query, json=content, timeout=REQUEST_SECONDS, allow_redirects=False
            ) as answer,
        ):
            return _content(doing, answer)


def _content(doing: str, answer: Response) -> dict[str, Any]:
    body = answer.content
    try:
        found = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        found = None
    if answer.status_code >= 300:
        told = _mapping(found)
        code = str(told.get("id") or "")
        message = str(told.get("message") or told.get("error") or answer.reason)
        raise DigitalOceanError(doing, answer.status_code, code[:100], message[:1000])
    if not isinstance(found, dict):
        raise MachshError(f"{doing}: DigitalOcean's answer is not its API's", hint="is a proxy in between?")
    return found


def answer_part(doing: str, answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a part of an answer. Raises MachshError if it is missing."""
    found = answer.get(name)
    if not isinstance(found, dict) or not isinstance(found.get("id", found.get("name")), int | str):
        raise MachshError(f"{doing}: DigitalOcean's answer has no {name}")
    return found


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _judge(error: Exception) -> TryAgain | None:
    is_busy = isinstance(error, DigitalOceanError) and _BUSY in error.message.lower()
    return TryAgain() if is_busy else None


def found_or_none(call: Callable[[], T]) -> T | None:
    """Return what a call finds; None if the provider says that there is no such thing."""
    try:
        return call()
    except DigitalOceanError as error:
        if not error.is_gone:
            raise
        return None
