"""Rules for the names of clusters and stacks. Pure."""

from __future__ import annotations

import re
from collections.abc import Container

from machsh.errors import RefusedError, UsageError
from machsh.machine.naming import RESERVED

_CLUSTER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-.]{0,62}", re.ASCII)
_STACK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)


def check_cluster_name(name: str, machines: Container[str]) -> None:
    """Raise UsageError for an invalid name, RefusedError for the name of a machine."""
    if not _CLUSTER.fullmatch(name):
        raise UsageError(
            f'"{name}" is no name for a cluster',
            hint="letters, digits, - and ., beginning with a letter or digit",
        )
    if name in RESERVED or name in machines:
        raise RefusedError(
            f'"{name}" is the name of a machine, or means something in the shell',
            hint=f"`use {name}` would not reach the cluster; another name would, such as {name}-swarm",
        )


def check_stack_name(name: str) -> None:
    """Raise UsageError for an invalid name of a stack."""
    if not _STACK.fullmatch(name):
        raise UsageError(
            f'"{name}" is no name for a stack',
            hint="letters, digits, _, . and -, beginning with a letter or digit",
        )
