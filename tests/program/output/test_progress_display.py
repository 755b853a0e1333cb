"""Steps on a terminal and on a pipe."""

import re

from tests.support.processes import run
from tests.support.screen import Screen

CREATE = ["create", "-d", "none", "--url", "tcp://127.0.0.1:1", "a"]


def test_steps_with_their_time_on_a_terminal(home):
    with Screen.machsh(home, *CREATE) as screen:
        assert screen.wait_end() == 0
        for step in ("Running pre-create checks...", "Creating machine..."):
            assert re.fullmatch(rf"✓ {re.escape(step)} \d+\.\ds", screen.line(step))


def test_one_line_per_step_on_a_pipe(home):
    code, out, _ = run(home, *CREATE)
    assert code == 0
    for step in ("Running pre-create checks...", "Creating machine..."):
        assert out.splitlines().count(step) == 1
    assert "\x1b" not in out
    assert "\r" not in out
