"""The pytest plugin of `machsh plugins check`: keeps tests inside, and writes one line for each result.

The program that starts pytest describes its wish in `MACHSH_CHECK`, as the JSON of a `CheckRequest`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.plugin.catalog import FoundPlugin
from machsh.testing.outside_guard import WentOutsideError, staying_inside

VARIABLE = "MACHSH_CHECK"
_SUITES = ("command", "completion", "driver", "listener", "provisioner")
if VARIABLE in Environment.of_process().variables:
    pytest.register_assert_rewrite(*(f"machsh.testing.{kind}_contract" for kind in _SUITES))
GOOD, BAD, NOT_RUN = "good", "bad", "not run"


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Which plugins are checked, and how."""

    report: str
    """The file that gets one JSON object on a line for each result."""
    file: str = ""
    """The file of a single-file plugin; or:"""
    distribution: str = ""
    """The name of an installed distribution; or:"""
    name: str = ""
    """The name of a plugin."""
    values: dict[str, list[str]] = field(default_factory=dict)
    """Options of the driver."""
    with_hosts: bool = False
    """Whether hosts are made, with programs and the network."""

    @classmethod
    def of_process(cls) -> CheckRequest:
        """Read the request from the process's variables. Raises KeyError."""
        return cls(**json.loads(Environment.of_process().variables[VARIABLE]))

    def names(self, row: FoundPlugin) -> bool:
        """Whether it names this plugin."""
        if self.file:
            return row.file == self.file
        distribution = row.origin.partition(" ")[0]
        return distribution == self.distribution if self.distribution else row.name == self.name

    def to_json(self) -> str:
        """Return the variable's text."""
        return json.dumps(asdict(self))

    def write(self, plugin: str, kind: str, check: str, outcome: str, text: str = "") -> None:
        """Append a result to the report."""
        row = {"plugin": plugin, "kind": kind, "check": check, "outcome": outcome, "text": text}
        with Path(self.report).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


REFUSED = pytest.StashKey[list[str]]()


@pytest.fixture(autouse=True)
def inside(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse programs and connections, unless hosts are wanted."""
    if CheckRequest.of_process().with_hosts:
        yield
        return
    with staying_inside() as seen:
        request.node.stash[REFUSED] = seen
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Write the result of a test, once."""
    report = yield
    if report.when == "call" or report.outcome != "passed":
        plugin, kind = getattr(item, "cls").subject  # noqa: B009 - pytest.Item declares no cls
        outcome, text = _outcome(item, call, is_driver=kind == "driver")
        CheckRequest.of_process().write(plugin, kind, _words(item.name), outcome, text)
    return report


def _outcome(item: pytest.Item, call: pytest.CallInfo[None], *, is_driver: bool) -> tuple[str, str]:
    refused = item.stash.get(REFUSED, [])
    if refused:
        return NOT_RUN, f"it {refused[0]}: --hosts allows that"
    if call.excinfo is None:
        return GOOD, ""
    error = call.excinfo.value
    if isinstance(error, pytest.skip.Exception | WentOutsideError):
        return NOT_RUN, str(error)
    if isinstance(error, UsageError) and is_driver:
        return NOT_RUN, f"{error}; --value NAME=VALUE gives an option"
    if isinstance(error, MachshError):
        return BAD, f"{error} ({error.hint})" if error.hint else str(error)
    place = call.excinfo.traceback[-1]
    return (
        BAD,
        f"{type(error).__name__}: {str(error).partition(chr(10))[0]} ({place.path}, line {place.lineno + 1})",
    )


def _words(test: str) -> str:
    name, _, parameter = test.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f": {parameter.removesuffix(']')}" if parameter else "")
