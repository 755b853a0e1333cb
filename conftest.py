"""Options of the tests, those of plugins included, and what all of them share."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`."""
    parser.addoption(
        "--long", action="store_true", help="try every case of the tests that take some of them each time"
    )


MOST_DESCRIPTORS = 300


@pytest.fixture(autouse=True, scope="module")
def _no_garbage_of_descriptors() -> Iterator[None]:
    """Close what a module's tests have left to the collector.

    It may not come for minutes, and `select`, which pexpect calls, takes no descriptor beyond 1,023.
    """
    yield
    if os.path.isdir("/dev/fd") and len(os.listdir("/dev/fd")) > MOST_DESCRIPTORS:
        gc.collect()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print why tests were run once more: pytest shows how the last run of a test went, and no other."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first run of {report.nodeid}", sep="_")
        terminalreporter.write_line(report.longreprtext)


_LIVE = ("vm", "virtualbox", "modern", "packaging", "test_apply", "test_cluster")
BESIDE = ("plugins/", "tests/rules", "tests/unit", *(f"tests/live/{name}" for name in _LIVE))
"""About half of the whole, which shares no host with the rest; much of it waits for guests and packages."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let two processes (`-n 2`) share the tests: each has its own, in their order."""
    from xdist.scheduler import LoadScopeScheduling

    class TwoHalves(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "beside" if nodeid.startswith(BESIDE) else "others"

    return TwoHalves(config, log)
