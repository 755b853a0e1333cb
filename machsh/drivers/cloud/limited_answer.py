"""Reads an answer of a provider within limits of size and time, whichever library has asked."""

from __future__ import annotations

from typing import Any

from machsh.deadline import Deadline
from machsh.errors import MachshError

MOST_BYTES = 64 << 20
"""The longest answer: the largest catalogues of providers have some megabytes."""
_PIECE = 1 << 16


def read_limited(
    raw: Any, deadline: Deadline, host: str, most_bytes: int = MOST_BYTES, *, is_unpacked: bool = True
) -> bytes:
    """Return what is left of a response of urllib3, so that its connection is free for the next request.

    Raises MachshError, which names the `host`, for more than `most_bytes`, TimeoutError when the deadline
    passes, and urllib3's HTTPError. With `is_unpacked` the limit is that of the unpacked content.
    """
    content = bytearray()
    # `read1` returns after each packet: a thread that nobody waits for any more ends with the next one.
    while piece := raw.read1(_PIECE, decode_content=is_unpacked):
        content += piece
        if len(content) > most_bytes:
            raw.close()
            size = f"{most_bytes >> 20} MiB" if most_bytes >> 20 else f"{most_bytes} bytes"
            raise MachshError(f"{host} answers with more than {size}: that is no answer")
        if deadline.has_passed:
            raw.close()
            raise TimeoutError(f"no whole answer within {deadline.limit}")
    return bytes(content)
