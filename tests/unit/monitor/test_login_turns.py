"""Logins take turns, and nobody waits for long."""

import contextlib

from machsh.monitor.login_turns import AT_ONCE, login_turn


def test_whoever_gets_no_turn_goes_ahead_after_a_while():
    with contextlib.ExitStack() as stack:
        for _ in range(AT_ONCE):
            stack.enter_context(login_turn(0.01))
        with login_turn(0.01):
            pass
    with contextlib.ExitStack() as stack:  # turns were given back, and not one too many
        for _ in range(AT_ONCE + 1):
            stack.enter_context(login_turn(0.01))
