"""Doing things on a machine: run, copy, tunnel, host keys; paramiko, and the system's ssh for terminals."""
