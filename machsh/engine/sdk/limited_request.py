"""Limits the time and size of the SDK's responses: its own timeout restarts with each byte received."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machsh.deadline import Deadline, within
from machsh.engine.http import MOST_BYTES, redirected, too_long


def send_limited(
    send: Callable[..., Any], request: Any, *, timeout: Any, stream: bool = False, **options: Any
) -> Any:
    """Send one request with `send`, the method of the SDK's session through which all its requests go.

    The whole response (for a stream, its head) must arrive within `timeout` seconds; None means no limit, as
    `wait` needs. Redirects are not followed. Raises TimeoutError, MachshError, or what requests raises.
    """

    def answer() -> Any:
        response = send(request, timeout=timeout, stream=True, **{**options, "allow_redirects": False})
        if response.is_redirect:
            response.close()
            raise redirected(response.status_code)
        if not stream or response.status_code >= 400:
            response._content = _whole(response)
        return response

    return answer() if timeout is None else within(Deadline.after(timeout), answer)


def _whole(response: Any) -> bytes:
    content = bytearray()
    for piece in response.iter_content(65536):
        content += piece
        if len(content) > MOST_BYTES:
            response.close()
            raise too_long(MOST_BYTES)
    return bytes(content)
