"""The filters of `ls`, with docker-machine's errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from machsh.errors import UsageError
from machsh.go.regexp import compile_go

if TYPE_CHECKING:
    from machsh.machine.status import MachineStatus

Test = Callable[["MachineStatus"], bool]
KEYS = ("driver", "label", "name", "state", "swarm")


class Filters:
    """Parsed `KEY=VALUE` filters: a machine must match one filter of each key that is used.

    Raises UsageError for an unknown key or a text without `=`.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._tests: dict[str, list[Test]] = {}
        for text in texts:
            key, equals, value = text.partition("=")
            key = key.strip().lower()
            if not equals:
                raise UsageError("Unsupported filter syntax", code=1, hint="KEY=VALUE, such as state=running")
            if key not in KEYS:
                raise UsageError(
                    f"Unsupported filter key '{key}'", code=1, hint=f"the keys are {', '.join(KEYS)}"
                )
            self._tests.setdefault(key, []).append(_test(key, value.strip()))

    @property
    def keys(self) -> set[str]:
        """The keys that the filters use."""
        return set(self._tests)

    def match(self, row: MachineStatus) -> bool:
        """Whether a machine matches; one with a broken record always does, so that `ls` shows it."""
        if not row.is_loaded:
            return True
        return self.may_match(row) and any(test(row) for test in self._tests.get("state", [_any]))

    def may_match(self, row: MachineStatus) -> bool:
        """Whether a machine matches in some state."""
        others = [tests for key, tests in self._tests.items() if key != "state"]
        return all(any(test(row) for test in tests) for tests in others)


def _any(row: MachineStatus) -> bool:
    return True


def _test(key: str, value: str) -> Test:
    if key == "name":
        pattern = compile_go(value)
        return lambda row: pattern.search(row.name)
    if key == "label":
        return _label(value)
    wanted = value.casefold()
    read: dict[str, Callable[[MachineStatus], str]] = {
        "driver": lambda row: row.driver_name,
        "state": lambda row: row.state.value,
        "swarm": lambda row: row.swarm.removesuffix(" (master)"),
    }
    return lambda row: read[key](row).casefold() == wanted


def _label(text: str) -> Test:
    """Return the test for a label: `KEY=VALUE` ignoring the value's case, or `KEY` with any value."""
    name, equals, value = text.partition("=")

    def test(row: MachineStatus) -> bool:
        labels = dict(label.partition("=")[::2] for label in row.labels)
        return name in labels and (not equals or labels[name].casefold() == value.casefold())

    return test
