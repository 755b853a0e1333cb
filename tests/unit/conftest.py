"""Unit tests start no process and open no connection; what does belongs to tests/integration or tests/program."""

import pytest

from machsh.testing.outside_guard import staying_inside


@pytest.fixture(autouse=True)
def stays_inside():
    """Refuse processes and sockets, and fail a test whose code swallowed the refusal."""
    with staying_inside() as seen:
        yield
    assert not seen, (
        "tests in tests/unit start no process and open no socket: move this one to tests/integration"
    )
