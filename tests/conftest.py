"""What holds for every test."""

import signal

import pytest

# A runner in the background is started with Ctrl-C ignored, and its children inherit that: the tests that press
# Ctrl-C mean a terminal's.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="try every case of the tests that take some of them each time"
    )


BESIDE = ("tests/live/vm", "tests/live/virtualbox", "tests/live/modern", "tests/live/packaging")
"""What waits for guests to boot and packages to be installed, and shares no host with other tests."""


def pytest_collection_modifyitems(config, items):
    """Let two processes (`-n 2 --dist loadgroup`) share the tests: each has its own, in their order."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            group = "beside" if item.nodeid.startswith(BESIDE) else "others"
            item.add_marker(pytest.mark.xdist_group(group))
