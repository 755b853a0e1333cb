"""`provision` and `upgrade`."""

from __future__ import annotations

from machsh.commands import naming, patience
from machsh.commands.command import Context
from machsh.output.results import Text


def provision(context: Context) -> Text | None:
    """Make hosts as their records wish; with `--dry-run` only say what that would take."""
    dry_run = context.values.flag("dry-run")
    given = {name: value for name, value in context.values.items() if name in context.values.given}
    done = context.machines.provision(
        *naming.managed(context), dry_run=dry_run, changes=given, seconds=patience.seconds(context)
    )
    if dry_run:
        return Text("\n".join(line for one in done for line in _described(one.name, one.steps, one.notes)))
    if not context.environment.is_docker_machine:
        for one in done:
            count = len(one.changes)
            context.progress.info(f"{one.name}: {count} change{'s' * (count != 1)}")
    return None


def _described(name: str, steps: tuple[str, ...], notes: tuple[str, ...]) -> list[str]:
    if not steps:
        return [f"{name}: nothing to do", *(f"  note: {note}" for note in notes)]
    return [f"{name}:", *(f"  {step}" for step in steps), *(f"  note: {note}" for note in notes)]


def upgrade(context: Context) -> None:
    """Bring engines to their pinned, else the newest version."""
    for one in context.machines.upgrade(*naming.managed(context), seconds=patience.seconds(context)):
        if context.environment.is_docker_machine:
            continue
        if one.before == one.after:
            context.progress.info(f"{one.name}: engine {one.after}, unchanged")
        else:
            context.progress.info(f"{one.name}: engine {one.before} -> {one.after}")
