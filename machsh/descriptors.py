"""Waits for files, sockets and channels, whatever the numbers of their descriptors.

`select.select` takes no descriptor from 1,024 on, which a session with many connections reaches, and epoll
takes no regular file, which a standard input may be; poll takes all of them.
"""

from __future__ import annotations

import selectors
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

    T = TypeVar("T", bound=FileDescriptorLike)

_SELECTOR = getattr(selectors, "PollSelector", selectors.SelectSelector)  # Windows has no poll


def wait_ready(
    reading: Sequence[T], writing: Sequence[T] = (), seconds: float | None = None
) -> tuple[list[T], list[T]]:
    """Wait until one can be read, or written; return those that can be read and those that can be written.

    Both are empty after `seconds`; None waits without end. What has ended counts as ready.
    """
    with _SELECTOR() as selector:
        for one in dict.fromkeys([*reading, *writing]):
            events = (selectors.EVENT_READ if one in reading else 0) | (
                selectors.EVENT_WRITE if one in writing else 0
            )
            selector.register(one, events)
        found = {key.fd: events for key, events in selector.select(seconds)}

    def ready(sources: Sequence[T], event: int) -> list[T]:
        return [one for one in sources if found.get(_number(one), 0) & event]

    return ready(reading, selectors.EVENT_READ), ready(writing, selectors.EVENT_WRITE)


def _number(source: FileDescriptorLike) -> int:
    return source if isinstance(source, int) else source.fileno()
