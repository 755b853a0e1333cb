"""Ends a process at one of its requests, as a signal does: nothing of it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests.adapters


class KilledError(BaseException):
    """Stands for the end of the process: nobody catches it."""


def kill_at(
    patch: pytest.MonkeyPatch, number: int, *, is_done: bool, fits: Callable[[Any], bool] = lambda one: True
) -> None:
    """Let the request of that number, of those that fit, be the last thing that the process does.

    With `is_done` the provider carries it out, and only its answer is not read.
    """
    send, left = requests.adapters.HTTPAdapter.send, number

    def mortal(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal left
        if left > 0 and fits(request):
            left -= 1
            if left == 0 and is_done:
                send(self, request, *arguments, **options)
        if left <= 0:
            raise KilledError
        return send(self, request, *arguments, **options)

    patch.setattr(requests.adapters.HTTPAdapter, "send", mortal)


def killed(call: Callable[[], object], number: int, *, is_done: bool) -> None:
    """Make a call that ends so. Raises AssertionError if it does not."""
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, number, is_done=is_done)
        with pytest.raises(KilledError):
            call()
