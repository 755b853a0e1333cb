"""`rename`: gives a machine another name."""

from __future__ import annotations

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.drivers.capabilities import Capability
from machsh.machine.naming import stored


def rename(context: Context) -> None:
    """Rename a machine, and say what still has the former name."""
    former, name = stored(context.words[0]), context.words[1]
    targets.require_machine(former, context)
    context.machines.rename(former, name)
    context.session.follow_rename(former, name)
    context.conclude(f'"{former}" is named "{name}" now.')
    machine = context.machines.get(name)
    if former in (machine.record.auth.server_cert_sans or ()):
        context.progress.info(
            f'The engine\'s certificate is still valid for the name "{former}", and not for "{name}".'
        )
    if machine.driver.has(Capability.PROVISIONS) and not machine.record.machsh.adopted:
        context.progress.info(
            f"The host calls itself {former} until it is provisioned: machsh provision {name}"
        )
