"""Unit tests start no process and open no connection; what does belongs to tests/integration or tests/program."""

import sys

import pytest

OUTSIDE = {
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"),
    *("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"),
}
_seen = None


def _watch(event, arguments):
    if _seen is not None and event in OUTSIDE:
        _seen.append(f"{event} {arguments!r}")
        raise AssertionError(f"a unit test does not go outside: {_seen[-1]}")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def stays_inside():
    """Refuse processes and sockets, and fail a test whose code swallowed the refusal."""
    global _seen
    _seen = seen = []
    yield
    _seen = None
    assert not seen, (
        "tests in tests/unit start no process and open no socket: move this one to tests/integration"
    )
