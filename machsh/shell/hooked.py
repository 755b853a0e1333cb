"""What the shell adds to its session: job control, and the names it keeps ready."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.engine.names.model import handles
from machsh.environment import Environment
from machsh.session.hooks import Hooks
from machsh.session.session import Session
from machsh.shell.assembly import Parts
from machsh.shell.jobs import Jobs

if TYPE_CHECKING:
    from machsh.engine.foreground import Foreground


@dataclass(slots=True)
class ShellHooks(Hooks):
    """What the interactive shell adds to its session."""

    jobs: Jobs = field(kw_only=True)
    parts: Parts = field(kw_only=True)
    session_id: str = ""


def hooks(session: Session, parts: Parts, jobs: Jobs, session_id: str) -> ShellHooks:
    """The session's hooks while it is an interactive shell's."""

    def foreground(environment: Environment) -> Foreground:
        from machsh.engine.foreground import Foreground

        return Foreground(environment, job_control=True, stopped=jobs.add)

    def container_names(machine: str, endpoint: Endpoint) -> Collection[str] | None:
        snapshot = parts.snapshot(machine)
        if snapshot is None or not snapshot.is_live:
            return None
        return handles(snapshot.containers)

    def docker_words() -> Collection[str]:
        return list(parts.sources.grammar.docker_names())

    return ShellHooks(
        foreground=foreground,
        docker_endpoint=parts.docker_endpoint,
        container_names=container_names,
        docker_words=docker_words,
        jobs=jobs,
        parts=parts,
        session_id=session_id,
    )
