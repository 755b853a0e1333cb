"""Options of the tests, those of plugins included."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`."""
    parser.addoption(
        "--long", action="store_true", help="try every case of the tests that take some of them each time"
    )


BESIDE = (
    "plugins/",
    *(
        f"tests/live/{name}"
        for name in ("vm", "virtualbox", "modern", "packaging", "test_apply", "test_cluster")
    ),
)
"""What waits for guests, packages and swarms, and shares no host with other tests."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let two processes (`-n 2 --dist loadgroup`) share the tests: each has its own, in their order.

    This comes first: pytest-xdist puts the group into the tests' names in the same hook.
    """
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            group = "beside" if item.nodeid.startswith(BESIDE) else "others"
            item.add_marker(pytest.mark.xdist_group(group))
