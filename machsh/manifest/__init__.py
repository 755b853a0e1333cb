"""Fleets from a file (`apply`): read it, compare it with what exists, and apply the difference."""
