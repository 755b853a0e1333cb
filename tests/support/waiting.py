"""Tests wait for what happens, never for a time."""

from machsh import deadline


def wait_until(done, what="what the test waits for", seconds=20.0):
    """Return as soon as `done` is true; after `seconds` the test fails, and says that `what` did not happen."""
    deadline.wait_until(done, deadline.Deadline.after(seconds), what, pause=0.005)
