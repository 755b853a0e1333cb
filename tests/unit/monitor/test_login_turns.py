"""Logins take turns, and nobody waits for long."""

import contextlib

from machsh.monitor import login_turns
from machsh.monitor.login_turns import AT_ONCE, PATIENCE_SECONDS, login_turn


def test_whoever_gets_no_turn_goes_ahead_after_a_while():
    with contextlib.ExitStack() as stack:
        for _ in range(AT_ONCE):
            stack.enter_context(login_turn(0.01))
        with login_turn(0.01):
            pass
    with contextlib.ExitStack() as stack:  # turns were given back, and not one too many
        for _ in range(AT_ONCE + 1):
            stack.enter_context(login_turn(0.01))


def test_nobody_waits_longer_than_for_a_moment(monkeypatch):
    waited = []

    class Taken:
        def acquire(self, timeout):
            waited.append(timeout)
            return False

    monkeypatch.setattr(login_turns, "_turns", Taken())
    with login_turn(), login_turn(0.5):
        assert waited == [PATIENCE_SECONDS, 0.5]
