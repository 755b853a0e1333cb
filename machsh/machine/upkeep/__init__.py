"""Provisioning a machine that exists."""
