"""Lets all that botocore asks keep machsh's limits: the API, token endpoints, metadata of instances."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.session import Session

from machsh.api import Deadline, read_limited, within


class LimitedTransport:
    """Sends requests by one of botocore's own, which knows proxies and certificates.

    That one would keep any answer, and its time begins anew with each byte.
    """

    def __init__(self, transport: Any, seconds: float) -> None:
        self._transport = transport
        self._seconds = seconds
        """For a whole answer."""

    def send(self, request: Any) -> Any:
        """Return an answer that was read. Raises MachshError if it is too long, and botocore's errors."""
        deadline = Deadline.after(self._seconds)
        request.stream_output = True  # else the library reads it
        try:
            return within(deadline, lambda: self._whole(request, deadline))
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error

    def _whole(self, request: Any, deadline: Deadline) -> Any:
        from urllib3.exceptions import HTTPError
        from urllib3.exceptions import ReadTimeoutError as LateError

        answer = self._transport.send(request)
        host = urlsplit(request.url).hostname or ""
        try:
            answer._content = read_limited(answer.raw, deadline, host, is_unpacked=False)
        except LateError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except HTTPError as error:
            raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


class LimitedSession(Session):  # type: ignore[misc]
    """A session whose clients keep the limits, also those by which credentials are asked for."""

    seconds = 30.0
    """For each answer."""

    def create_client(self, *words: Any, **more: Any) -> Any:
        """Return a client."""
        client = super().create_client(*words, **more)
        endpoint = client._endpoint
        endpoint.http_session = LimitedTransport(endpoint.http_session, self.seconds)
        return client
