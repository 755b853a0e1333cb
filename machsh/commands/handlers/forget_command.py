"""`forget`: removes machines from the store, and leaves their hosts as they are."""

from __future__ import annotations

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.commands.handlers.lifecycle import check_protected
from machsh.errors import RefusedError
from machsh.machine.alteration.forget import Parting


def forget(context: Context) -> None:
    """Say what stays, ask, and forget the machines. Raises RefusedError for a no."""
    names = list(dict.fromkeys(targets.named(context)))
    for name in names:
        targets.require_machine(name, context)
    partings = [context.machines.examine_parting(name) for name in names]
    check_protected(context, names, "forget")
    for one in partings:
        _describe(context, one)
    if not context.values.flag("y") and not context.ask.confirm("Are you sure?"):
        raise RefusedError("nothing was forgotten")
    try:
        context.machines.forget(*names)
    finally:
        context.session.drop_removed(names)
    context.conclude(f"Forgotten: {', '.join(names)}. The hosts are as they were.")


def _describe(context: Context, parting: Parting) -> None:
    say, name = context.progress, parting.name
    say.info(f'This forgets "{name}". What stays:')
    for line in parting.remains:
        say.info(f"  {line}")
    if parting.keys:
        say.warning(
            f'The ssh key of "{name}" goes ({", ".join(parting.keys)}): without a copy nobody can log in '
            "by it any more."
        )
    say.info(
        f"To come back: `machsh restore` of a backup that was made before (machsh backup {name}), "
        "or `machsh adopt` with a key or certificates that the host accepts."
    )
