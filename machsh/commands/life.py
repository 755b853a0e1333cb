"""start, stop, kill, restart: several machines at once."""

from __future__ import annotations

from machsh.commands import naming, patience
from machsh.commands.command import Context


def start(context: Context) -> None:
    """Boot machines."""
    context.machines.start(*naming.managed(context), seconds=patience.seconds(context))


def stop(context: Context) -> None:
    """Shut machines down."""
    context.machines.stop(*naming.managed(context), seconds=patience.seconds(context))


def kill(context: Context) -> None:
    """Switch machines off."""
    context.machines.kill(*naming.managed(context), seconds=patience.seconds(context))


def restart(context: Context) -> None:
    """Reboot machines."""
    context.machines.restart(*naming.managed(context), seconds=patience.seconds(context))
