"""The HTTP side of a fake cloud: routes, authorization, faults, and a list of what was called."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from machsh.testing.fake_cloud.cloud_bill import CloudBill


@dataclass(frozen=True, slots=True)
class CloudRequest:
    """A request: its path without the query, the query's last values, the JSON body ({} for none)."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CloudAnswer:
    """An answer; `content` is written as JSON."""

    content: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class CloudFault:
    """What goes wrong with the requests that fit, `times` times; 0 means each time."""

    answer: CloudAnswer | None = None
    """Sent instead of what the route would; None breaks the connection."""
    method: str = ""
    path: str = ".*"
    """Regular expression for the whole path."""
    times: int = 1
    skip: int = 0
    """How many requests that fit go well before."""
    is_late: bool = False
    """Whether the request is carried out before its answer is lost or replaced."""
    delay: float = 0.0
    """Seconds before anything happens."""

    def fits(self, request: CloudRequest) -> bool:
        """Whether it is this request's turn; counts it."""
        if self.times < 0 or (self.method and self.method != request.method):
            return False
        if not re.fullmatch(self.path, request.path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times:
            self.times = self.times - 1 or -1
        return True


CloudRoute = Callable[..., CloudAnswer]
"""Takes the request, and the groups of the route's path as texts."""


class RouteError(Exception):
    """Raised by a route; the answer is sent."""

    def __init__(self, answer: CloudAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class FakeCloud:
    """An HTTP server on loopback, in threads of this process. Use it in a `with` statement."""

    token_header = "Authorization"
    """The header of requests that has the token."""

    def __init__(self, token: str = "fake-token", prefix: str = "") -> None:
        self.token = token
        self.bill = CloudBill()
        self.faults: list[CloudFault] = []
        self.calls: list[str] = []
        """`METHOD PATH` of each request, in order."""
        self.authorizations: list[str] = []
        """The header `Authorization` of each request, in order."""
        self.guard = threading.RLock()
        """Held while a route runs."""
        self._prefix = prefix
        self._routes: list[tuple[str, re.Pattern[str], CloudRoute]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._prefix}"

    def route(self, method: str, path: str, route: CloudRoute) -> None:
        """Add a route; groups of the regular expression `path` are passed on."""
        self._routes.append((method, re.compile(path), route))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def is_allowed(self, request: CloudRequest, authorization: str) -> bool:
        """Whether a request may pass, by the content of `token_header`; providers override it."""
        return authorization == f"Bearer {self.token}"

    def unauthorized(self) -> CloudAnswer:
        """Return the answer for a request without the token; providers override it."""
        return CloudAnswer({"error": {"code": "unauthorized", "message": "unable to authenticate"}}, 401)

    def not_found(self) -> CloudAnswer:
        """Return the answer for a path without a route; providers override it."""
        return CloudAnswer({"error": {"code": "not_found", "message": "not found"}}, 404)

    def answer(self, request: CloudRequest, authorization: str) -> CloudAnswer | None:
        """Return the answer; None to break the connection."""
        with self.guard:
            self.calls.append(f"{request.method} {request.path}")
            fault = next((one for one in self.faults if one.fits(request)), None)
        if fault is not None:
            time.sleep(fault.delay)
        if fault is not None and not fault.is_late and (fault.answer or not fault.delay):
            return fault.answer
        found = self._routed(request, authorization)
        return fault.answer if fault is not None and fault.is_late else found

    def _routed(self, request: CloudRequest, authorization: str) -> CloudAnswer:
        if not self.is_allowed(request, authorization):
            return self.unauthorized()
        for method, path, route in self._routes:
            match = path.fullmatch(request.path)
            if method == request.method and match:
                try:
                    with self.guard:
                        return route(request, *match.groups())
                except RouteError as error:
                    return error.answer
        return self.not_found()

    def parse(self, method: str, target: str, body: bytes) -> CloudRequest:
        """Return a request as routes get it."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return CloudRequest(
            method, parts.path.removeprefix(self._prefix), query, json.loads(body) if body else {}
        )


def paged(entries: list[Any], name: str, request: CloudRequest, most: int = 50) -> CloudAnswer:
    """Return a page of a list, with the links to others in `meta.pagination`."""
    page, size = int(request.query.get("page", 1)), min(int(request.query.get("per_page", 25)), most)
    last = max(1, -(-len(entries) // size))
    pagination = {
        "page": page,
        "per_page": size,
        "previous_page": page - 1 if page > 1 else None,
        "next_page": page + 1 if page < last else None,
        "last_page": last,
        "total_entries": len(entries),
    }
    shown = entries[(page - 1) * size : page * size]
    return CloudAnswer({name: shown, "meta": {"pagination": pagination}})


def _handler_of(cloud: FakeCloud) -> type[BaseHTTPRequestHandler]:
    class CloudHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and content are two writes: the second would wait 40 ms

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = cloud.parse(self.command, self.path, body)
            cloud.authorizations.append(self.headers.get("Authorization", ""))
            answer = cloud.answer(request, self.headers.get(cloud.token_header, ""))
            self.close_connection = answer is None
            if answer is not None:
                with suppress(OSError):
                    self._send(answer)

        def _send(self, answer: CloudAnswer) -> None:
            is_empty = answer.status == 204
            content = b"" if is_empty else json.dumps(answer.content).encode()
            kind = {} if is_empty else {"Content-Type": "application/json"}
            self.send_response(answer.status)
            for name, value in {**kind, **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep quiet."""

    return CloudHandler
