"""Callbacks that the shell installs on a session; the defaults work without the shell."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.environment import Environment

if TYPE_CHECKING:
    from machsh.process.foreground import Foreground


def _plain(environment: Environment) -> Foreground:
    from machsh.process.foreground import Foreground

    return Foreground(environment)


@dataclass(slots=True)
class SessionHooks:
    """Gives a session access to the shell's job control, relay and cached names."""

    foreground: Callable[[Environment], Foreground] = _plain
    """Returns what runs one child with the terminal; the shell's version has job control."""
    docker_endpoint: Callable[[str, Endpoint], Endpoint] = lambda machine, endpoint: endpoint
    """Maps (machine, endpoint) to the endpoint for docker children: the relay's socket if it has one."""
    container_names: Callable[[str, Endpoint], Collection[str] | None] | None = None
    """Returns the cached names and ids of a machine's containers; None while they are unknown."""
    docker_words: Callable[[], Collection[str]] | None = None
    """Returns docker's commands as the shell has read them; empty until then."""
