"""The names that machsh has taken itself, by kind of plugin.

They are declared in higher layers, so this module names those by dotted paths and imports them late.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WORDS = frozenset(("docker", "machine", "docker-machine", "machsh", "local", "all"))
"""Words that mean something at the beginning of a line, but are no commands."""


def imported(path: str) -> Any:
    """Import what a path `module:name` names."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def drivers() -> frozenset[str]:
    """Return the names of the built-in drivers."""
    return frozenset(imported("machsh.drivers.registry:BUILT_IN"))


def provisioners() -> frozenset[str]:
    """Return the names of the built-in provisioners."""
    return frozenset(one.name for one in imported("machsh.provision.provisioners:provisioners")())


def commands() -> frozenset[str]:
    """Return machsh's commands, their aliases, and its other words."""
    built_in = imported("machsh.commands.command_table:built_in")()
    return _WORDS | {word for one in built_in for word in (one.name, *one.aliases)}


def docker_commands() -> frozenset[str]:
    """Return docker's most common commands, which machsh knows without a docker CLI."""
    return frozenset(imported("machsh.engine.sdk:NAMES"))


def kinds() -> frozenset[str]:
    """Return the kinds of values that machsh completes."""
    sources = imported("machsh.shell.completion.lookup:SOURCES")
    return frozenset((*sources, *imported("machsh.shell.completion.docker_words:LIVE_KINDS")))
