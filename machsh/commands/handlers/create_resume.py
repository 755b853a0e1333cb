"""`create --resume`: resumes a creation that failed, was interrupted or killed."""

from __future__ import annotations

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.declarations.create import RESUME
from machsh.errors import UsageError
from machsh.machine.create_request import CORRECTIONS


def resume(context: Context, name: str) -> None:
    """Go on with the creation. Raises UsageError for an option that cannot be corrected any more."""
    values = context.values
    fixed = sorted(values.given - CORRECTIONS - {RESUME.name})
    if fixed:
        raise UsageError(
            f'--{fixed[0]} cannot be changed any more: the creation of "{name}" has begun',
            hint=f"leave it out, or remove the machine and create it anew: machsh rm {name}",
        )
    changes = {option: values[option] for option in values.given & CORRECTIONS}
    context.machines.resume(name, changes, seconds=timeouts.timeout_of(context))
