"""`cluster deploy`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.errors import UsageError
from machsh.machine.selection import CLUSTER

_PASSED_ON = ("prune", "with-registry-auth")
"""Options that `docker stack deploy` has, too."""


def deploy(context: Context, words: Sequence[str], only: Callable[[Context, Sequence[str]], str]) -> None:
    """Deploy a stack and wait for it. `only` finds the cluster that is meant when none is named."""
    from machsh.cluster.deployment import SECONDS, Deployment
    from machsh.cluster.deployment import deploy as deploy_stack

    if len(words) not in (2, 3):
        raise UsageError(
            "cluster deploy takes a stack's file and the stack's name, after the cluster's",
            hint="for example: machsh cluster deploy prod stack.yml app",
        )
    *named, file, stack = words
    cluster = only(context, named)
    values = context.values
    wanted = Deployment(
        file=Path(context.environment.absolute(file)),
        stack=stack,
        options=tuple(f"--{name}" for name in _PASSED_ON if values.flag(name)),
        seconds=timeouts.timeout_of(context) or SECONDS,
        detach=values.flag("detach"),
    )
    variables = {**context.environment.variables, **context.session.variables}
    deploy_stack(context.machines, cluster, wanted, context.runner.run_docker, context.progress, variables)
    if wanted.detach:
        context.conclude(
            f'The stack "{stack}" is on its way: '
            f"machsh -c 'use {CLUSTER}{cluster}; docker stack ps {stack}'"
        )
    else:
        context.conclude(f'The stack "{stack}" runs as its file says.')
