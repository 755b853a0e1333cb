"""A machsh plugin that notifies the user when a long `create` has ended."""
