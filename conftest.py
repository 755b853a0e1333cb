"""Options of the tests, those of plugins included."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`."""
    parser.addoption(
        "--long", action="store_true", help="try every case of the tests that take some of them each time"
    )
