"""Fleets from a file (`apply`): it is read, compared with what exists, and the difference is carried out."""
