"""A machsh plugin that tells the user when a long `create` has ended."""
