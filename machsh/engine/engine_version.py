"""Queries an engine's version, whichever API version it supports."""

from __future__ import annotations

import re

from machsh.deadline import Deadline
from machsh.engine import http
from machsh.engine.dial import Dialer, dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.errors import UnreachableError
from machsh.errors import MachshError

_SERVER = re.compile(r"Docker/(\S+)")


def query(endpoint: Endpoint, seconds: float, dial: Dialer | None = None) -> str:
    """Return the engine's version, such as `20.10.24`, within `seconds`.

    It is taken from the `Server` header of `/_ping`, or from `/version` when a proxy hides that header. The
    paths contain no API version, because an engine rejects versions that it does not support. `dial` is
    required for an ssh endpoint. Raises MachshError `Unable to query docker version: ...`.
    """
    deadline = Deadline.after(seconds)
    scheme = "https" if endpoint.is_tls else "http"
    host = "docker" if endpoint.scheme != "tcp" else endpoint.url.partition("://")[2].rstrip("/")
    try:
        open_stream = dial or dialer(endpoint)
        ping = _answer(open_stream, "/_ping", deadline)
        return version_in_header(ping) or _from_version(open_stream, deadline)
    except UnreachableError as error:
        text = "Cannot connect to the docker engine endpoint"
        if not error.refused:
            text = f'Get "{scheme}://{host}/version": {error}'
        raise MachshError(f"Unable to query docker version: {text}", hint=error.hint) from error
    except MachshError as error:
        text = f"Unable to read TLS config: {error}" if str(error).startswith("open ") else str(error)
        raise MachshError(f"Unable to query docker version: {text}", hint=error.hint) from error
    except OSError as error:
        reason = "i/o timeout" if isinstance(error, TimeoutError) else _reason(error)
        text = f'Unable to query docker version: Get "{scheme}://{host}/version": {reason}'
        raise MachshError(text, hint="the engine is silent: look at its log on the machine") from error


def version_in_header(response: http.HttpResponse) -> str:
    """Return the version that the `Server` header of every answer names; "" if a proxy hides it."""
    named = _SERVER.match(response.headers.get("server", ""))
    return named[1] if named else ""


def _from_version(open_stream: Dialer, deadline: Deadline) -> str:
    answer = _answer(open_stream, "/version", deadline)
    if answer.status >= 400:
        text = answer.body.decode("utf-8", "replace").strip()
        raise MachshError(f"{answer.status} {answer.reason}: {text}")
    document = answer.json()
    version = document.get("Version") if isinstance(document, dict) else None
    if not isinstance(version, str):
        raise MachshError("the engine's answer names no version")
    return version


def _answer(open_stream: Dialer, path: str, deadline: Deadline) -> http.HttpResponse:
    stream = open_stream(max(deadline.remaining, 0.001))
    try:
        return http.get(stream, path, deadline.remaining)
    finally:
        stream.close()


def _reason(error: OSError) -> str:
    import ssl

    if isinstance(error, ssl.SSLError):
        from machsh.engine import errors

        return str(errors.explain(error, ""))
    return (error.strerror or str(error)).lower()
