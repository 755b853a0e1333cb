"""Reads a manifest: TOML, templates, counts, variables and secrets, checked against the tables of keys."""
