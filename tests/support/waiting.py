"""Waits for a condition: tests never sleep for a fixed time."""

from machsh import deadline


def wait_until(done, what="what the test waits for", seconds=20.0):
    """Return as soon as `done()` is true; fail the test after `seconds`, naming `what` in the message."""
    deadline.wait_until(done, deadline.Deadline.after(seconds), what, pause=0.005)
