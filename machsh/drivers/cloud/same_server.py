"""Refuses redirects to another server, so that credentials do not leak whatever the library does."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from machsh.errors import MachshError

if TYPE_CHECKING:
    from requests import Response

_REDIRECTS = frozenset({301, 302, 303, 305, 307, 308})
_PORTS = {"http": 80, "https": 443}


def check_redirect(answer: Response) -> None:
    """Raise MachshError for an answer that points to another server, or from https to http.

    Libraries follow it, some with all headers and the body, in which tokens and passwords are.
    """
    place = answer.headers.get("Location", "")
    if answer.status_code not in _REDIRECTS or not place:
        return
    here, there = _server(answer.url), _server(place, answer.url)
    is_upgrade = (here[0], there[0]) == ("http", "https") and here[1] == there[1]
    if here != there and not is_upgrade:
        named = f"{there[0]}://{there[1]}:{there[2]}" if there[1] else "which has no name"
        raise MachshError(
            f"{here[1]} points to another server, {named}: the login is not sent there",
            hint="is a proxy in between, or the endpoint an old one?",
        )


def _server(url: str, base: str = "") -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(urljoin(base, url))
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None
