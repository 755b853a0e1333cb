"""start, stop, kill, restart: several machines at once."""

from __future__ import annotations

from machsh.commands import naming, patience
from machsh.commands.command import Context


def _names(context: Context) -> list[str]:
    names = naming.targets(context)
    for name in names:
        naming.refuse_local(name, context)
    return names


def start(context: Context) -> None:
    """Boot machines."""
    context.machines.start(*_names(context), seconds=patience.seconds(context))


def stop(context: Context) -> None:
    """Shut machines down."""
    context.machines.stop(*_names(context), seconds=patience.seconds(context))


def kill(context: Context) -> None:
    """Switch machines off."""
    context.machines.kill(*_names(context), seconds=patience.seconds(context))


def restart(context: Context) -> None:
    """Reboot machines."""
    context.machines.restart(*_names(context), seconds=patience.seconds(context))
