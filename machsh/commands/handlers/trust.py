"""`trust`: pins the host key that a machine presents now, after showing it next to the pinned one."""

from __future__ import annotations

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.errors import MachshError, RefusedError
from machsh.machine.naming import stored


def trust(context: Context) -> None:
    """Show both fingerprints, ask, and pin the new key. Raises RefusedError unless the user agrees."""
    from machsh.ssh import host_keys

    name = stored(context.words[0])
    targets.require_machine(name, context)
    machine = context.machines.get(name)
    connection = machine.runner()
    target = connection.target
    if target.known_hosts is None:
        raise MachshError(
            f'No host key is pinned for "{name}"', hint=f"its driver, {machine.record.driver_name}, pins none"
        )
    shown, pins = connection.host_key(), host_keys.read(target.known_hosts)
    if any(pin.blob == shown.blob for pin in pins):
        context.progress.info(f'"{name}" shows the host key that is pinned: {shown.fingerprint}')
        return
    pinned = ", ".join(pin.fingerprint for pin in pins) or "none"
    context.progress.info(f'Host key of "{name}" ({target}):')
    context.progress.info(f"  pinned     {pinned}")
    context.progress.info(f"  presented  {shown.fingerprint}")
    _confirm(context, name)
    host_keys.replace(target, shown)
    machine.disconnect()
    context.conclude(f'The host key of "{name}" is pinned now: {shown.fingerprint}')


def _confirm(context: Context, name: str) -> None:
    if context.values.flag("y"):
        return
    if not context.environment.is_interactive:
        raise RefusedError(
            "nobody can be asked whether to trust the presented key",
            hint="compare it with the one that the host's owner names (there: ssh-keygen -l -f "
            f"/etc/ssh/ssh_host_ed25519_key.pub), then: machsh trust -y {name}",
        )
    if not context.ask.confirm("Trust the presented key?"):
        raise RefusedError(f'The pinned host key of "{name}" stays', hint="nothing was changed")
