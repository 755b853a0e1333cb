"""Caches a provider's answers for completion, and reads options from the unfinished line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

FRESH_SECONDS = 600.0
Words = list[tuple[Any, Any]]
"""Values and the descriptions to show beside them."""


class RecentAnswers:
    """A cache of the answers of the last ten minutes. Thread-safe."""

    def __init__(self, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._fresh_seconds = fresh_seconds
        self._kept: dict[Hashable, tuple[float, Words]] = {}
        self._guard = threading.Lock()

    def get(self, question: Hashable, ask: Callable[[], Iterable[tuple[Any, Any]] | None]) -> Words:
        """Return the cached answer if it is fresh, else that of `ask`. Raises what `ask` raises.

        A question has all that the answer depends on: what is asked, and of which account. `ask` returns None
        where nobody can be asked yet, which is not kept.
        """
        with self._guard:
            when, found = self._kept.get(question, (0.0, []))
        if when and time.monotonic() - when < self._fresh_seconds:
            return found
        answer = ask()
        if answer is None:
            return []
        found = list(answer)
        with self._guard:
            self._kept[question] = time.monotonic(), found
        return found


def given_value(name: str, arguments: Sequence[str], variables: Mapping[str, str], variable: str = "") -> str:
    """Return the value that an unfinished line gives the option `name`, else its variable's, else ""."""
    option = f"--{name}"
    for at, word in enumerate(arguments):
        if word == option and at + 1 < len(arguments):
            return arguments[at + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return variables.get(variable, "") if variable else ""
