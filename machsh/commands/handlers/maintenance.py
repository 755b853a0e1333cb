"""Handlers of `provision`, `upgrade` and `regenerate-certs`."""

from __future__ import annotations

from collections.abc import Mapping

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.errors import RefusedError
from machsh.options import Value
from machsh.output.results import Text


def provision(context: Context) -> Text | None:
    """Bring hosts to the state that their records describe; with `--dry-run`, only list the steps."""
    dry_run, takes_over = context.values.flag("dry-run"), context.values.flag("take-over")
    given = {name: value for name, value in context.values.items() if name in context.values.given}
    if takes_over and not dry_run:
        _confirm_take_over(context, given)
    done = context.machines.provision(
        *targets.managed(context),
        dry_run=dry_run,
        changes=given,
        takes_over=takes_over,
        seconds=timeouts.timeout_of(context),
    )
    if dry_run:
        return Text(
            "\n".join(line for result in done for line in _described(result.name, result.steps, result.notes))
        )
    if not context.environment.is_docker_machine:
        for result in done:
            count = len(result.changes)
            context.conclude(f"{result.name}: {count} change{'s' * (count != 1)}")
    return None


def _confirm_take_over(context: Context, changes: Mapping[str, Value]) -> None:
    """Say what taking the machines over changes, and ask. Raises RefusedError for a no."""
    names, seconds = targets.managed(context), timeouts.timeout_of(context)
    for take_over in context.machines.plan_take_over(*names, changes=changes, seconds=seconds):
        for line in _described(take_over.name, take_over.steps, take_over.notes):
            context.progress.info(line)
        if take_over.stopping:
            some = f"{take_over.stopping} running container{'s' * (take_over.stopping != 1)}"
            context.progress.warning(f'{some} of "{take_over.name}" may stop while its engine restarts.')
    if not context.values.flag("y") and not context.ask.confirm(f"Take over {', '.join(names)}?"):
        raise RefusedError("nothing was changed")


def _described(name: str, steps: tuple[str, ...], notes: tuple[str, ...]) -> list[str]:
    if not steps:
        return [f"{name}: nothing to do", *(f"  note: {note}" for note in notes)]
    return [f"{name}:", *(f"  {step}" for step in steps), *(f"  note: {note}" for note in notes)]


def upgrade(context: Context) -> None:
    """Upgrade engines to their pinned version, else to the newest one."""
    for result in context.machines.upgrade(*targets.managed(context), seconds=timeouts.timeout_of(context)):
        if context.environment.is_docker_machine:
            continue
        if result.before == result.after:
            context.conclude(f"{result.name}: engine {result.after}, unchanged")
        else:
            context.conclude(f"{result.name}: engine {result.before} -> {result.after}")


REGENERATE_QUESTION = "Regenerate TLS machine certs?  Warning: this is irreversible."


def regenerate(context: Context) -> None:
    """Ask, then create new server certificates, with `--client-certs` also a new client certificate."""
    if not context.environment.is_docker_machine:  # which asks first, and refuses then
        context.machines.check_regenerable(*targets.managed(context))
    if not context.values.flag("force") and not context.ask.confirm(REGENERATE_QUESTION):
        return
    names = targets.targets(context)
    for name in names:
        targets.require_machine(name, context)
    context.machines.regenerate_certs(
        *names,
        client_certs=context.values.flag("client-certs"),
        seconds=timeouts.timeout_of(context),
    )
