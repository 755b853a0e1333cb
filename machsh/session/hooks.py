"""What a way in adds to a session; the defaults do without."""

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
    """The shell sets these for what it keeps ready: jobs, relay, names."""

    foreground: Callable[[Environment], Foreground] = _plain
    """Lends the terminal to one child; the shell's has job control."""
    docker_endpoint: Callable[[str, Endpoint], Endpoint] = lambda machine, endpoint: endpoint
    """What docker children get for a machine's endpoint: the relay's socket when there is one."""
    container_names: Callable[[str, Endpoint], Collection[str] | None] | None = None
    """Names and ids of a machine's containers as kept by the shell; None while it does not know."""
    docker_words: Callable[[], Collection[str]] | None = None
    """docker's commands, as the shell has read them."""
