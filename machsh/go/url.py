"""Extracts the host from a URL, with the error texts of Go's parser."""

from __future__ import annotations

import json
import re

from machsh.errors import UsageError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_ESCAPED_ASCII = re.compile(r"%[0-7][0-9A-Fa-f]")
"""Go refuses these in a host, where only non-ASCII bytes may be escaped."""
_BAD_IN_HOST = re.compile(r"[ \\^`{|}]")


def host_of(url: str) -> str:
    """Return `HOST:PORT` as written in `url`, without the user; empty if it has none. Raises UsageError."""
    if any(ord(character) < 32 or ord(character) == 127 for character in url):
        raise _error(url, "net/url: invalid control character in URL")
    if url.startswith(":"):
        raise _error(url, "missing protocol scheme")
    scheme = _SCHEME.match(url)
    rest = url[scheme.end() :] if scheme else url
    rest = rest.partition("#")[0].partition("?")[0]
    if not scheme and ":" in rest.partition("/")[0]:
        raise _error(url, "first path segment in URL cannot contain colon")
    bad = _BAD_ESCAPE.search(rest)
    if bad:
        raise _error(url, f'invalid URL escape "{bad[0]}"')
    if not rest.startswith("//"):
        return ""
    host = rest[2:].partition("/")[0].rpartition("@")[2]
    _check_host(url, host)
    return host


def _check_host(url: str, host: str) -> None:
    if host.startswith("[") and "]" not in host:
        raise _error(url, "missing ']' in host")
    port = host.rpartition("]")[2] if host.startswith("[") else "".join(host.rpartition(":")[1:])
    if ":" not in host:
        port = ""
    if port and not re.fullmatch(r":[0-9]*", port):
        raise _error(url, f'invalid port "{port}" after host')
    bad = _ESCAPED_ASCII.search(host)
    if bad:
        raise _error(url, f'invalid URL escape "{bad[0]}"')
    bad = _BAD_IN_HOST.search(host)
    if bad:
        raise _error(url, f'invalid character "{bad[0]}" in host name')


def _error(url: str, reason: str) -> UsageError:
    shown = json.dumps(url, ensure_ascii=False).replace("\\u0007", "\\a").replace("\\u000b", "\\v")
    return UsageError(f"parse {shown}: {reason}", hint="an engine's URL looks like tcp://192.0.2.10:2376")
