"""Options of the tests, those of plugins included."""

from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`."""
    parser.addoption(
        "--long", action="store_true", help="try every case of the tests that take some of them each time"
    )


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
