"""With an engine that accepts and never answers, nothing at the prompt waits."""

import socket
import statistics
import threading
import time

import pytest

from tests.support.screen import Screen

GAP_SECONDS = 0.05
GENEROUS = 5
"""The figures are measured in benchmarks/; here they must hold on a busy machine."""
LINE = "docker run --rm --name one --network host debian:bookworm-slim sh -c 'echo 1' "


@pytest.fixture
def black_hole():
    """A port that accepts and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    kept = []

    def accept():
        while True:
            try:
                kept.append(server.accept())
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.close()
    for connection, _ in kept:
        connection.close()


@pytest.fixture
def lost(home, black_hole):
    """The shell on a machine that never answers."""
    with Screen.machsh(home, cwd=home) as screen:
        screen.wait_for("❯")
        screen.type(f"create -d none --url tcp://127.0.0.1:{black_hole} hole").press("enter").wait_for(
            "Creating machine"
        )
        screen.settle(0.5).type("use hole").press("enter").wait_for("hole ❯")
        yield screen.settle(1)


def gap(screen, key):
    """Seconds from a key to the first drawing after it."""
    seen = len(screen.raw)
    began = time.monotonic()
    screen.type(key)
    screen.wait_until(lambda: len(screen.raw) > seen, f"a repaint after {key!r}", 5)
    took = screen.read_at[-1][0] - began
    while screen.pump(0.02):
        continue
    return took


def test_nothing_blocks_two_hundred_keys(lost):
    keys = (LINE * 3)[:200]
    gaps = []
    for key in keys:
        gaps.append(gap(lost, key))
    assert len(gaps) == 200
    assert statistics.median(gaps) < GAP_SECONDS
    assert max(gaps) < GAP_SECONDS * GENEROUS


def test_tab_on_live_names_does_not_block_keys(lost):
    lost.type("exec ").press("tab")
    assert gap(lost, "x") < GAP_SECONDS * GENEROUS
    lost.wait_for("exec x")


def test_exit_does_not_wait(lost):
    lost.type("exec ").press("tab").press("ctrl-c").wait_for_prompt()
    began = time.monotonic()
    lost.press("ctrl-d")
    lost.wait_end()
    assert time.monotonic() - began < 0.3 * GENEROUS


def test_use_is_not_slowed_by_a_lost_machine(lost):
    lost.type("use -").press("enter").settle(0.5)
    began = time.monotonic()
    lost.type("use hole").press("enter").wait_for("hole ❯")
    assert time.monotonic() - began < 1.0
