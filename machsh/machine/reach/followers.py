"""Keeps docker contexts, ssh's configuration and relays in step with machines that come and go.

Only what the user has once asked for is kept in step. Nothing here fails a command: it warns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from machsh.errors import MachshError

if TYPE_CHECKING:
    from machsh.machine.reach.machine_source import MachineSource

Warn = Callable[[str], None]
_SSH = "ssh's configuration is not up to date"


def machine_came(machines: MachineSource, name: str, warn: Warn) -> None:
    """Give a new machine its context and its ssh host, if others have one."""
    from machsh.machine.reach.machine_contexts import MachineContexts
    from machsh.machine.reach.ssh_hosts import rewrite

    contexts = MachineContexts(machines)
    with _warning(warn, f'"{name}" has no docker context'):
        if contexts.is_in_use:
            contexts.add(name)
    with _warning(warn, _SSH):
        rewrite(machines)


def machines_started(machines: MachineSource, warn: Warn) -> None:
    """Write down where machines are that may have another address now."""
    from machsh.machine.reach.ssh_hosts import rewrite

    with _warning(warn, _SSH):
        rewrite(machines)


def machine_went(machines: MachineSource, name: str, warn: Warn) -> None:
    """Remove what led to a machine that is gone: its context, its ssh host, and its relay at login."""
    from machsh.machine.reach.machine_contexts import MachineContexts
    from machsh.machine.reach.ssh_hosts import rewrite

    contexts = MachineContexts(machines)
    with _warning(warn, f'the docker context of "{name}" is still there'):
        result = contexts.remove(name)
        for one in filter(contexts.is_current, result.removed):
            warn(f'docker\'s context "{one}" is gone with its machine: docker context use default')
        for error in result.failed:
            raise error
    with _warning(warn, _SSH):
        rewrite(machines)
    with _warning(warn, f'the relay of "{name}" is still installed'):
        _remove_relay(machines, name)


def machine_moved(machines: MachineSource, old: str, new: str, warn: Warn) -> None:
    """Let everything follow a machine that has another name now.

    After it was interrupted it may be called again: what is new is made before what is old is removed. Does
    nothing if the old name is another machine's by now.
    """
    if machines.store.exists(old):
        return
    from machsh.machine.reach.machine_contexts import MachineContexts
    from machsh.machine.reach.relay_service import service_of

    had_context = any(one.context for one in MachineContexts(machines).states() if one.machine == old)
    had_service = False
    with _warning(warn, "the relay at login keeps its old name"):
        had_service = service_of(machines.environment, machines.store.folder, old).is_installed
    with _warning(warn, f'"{new}" has no docker context'):
        if had_context:
            MachineContexts(machines).add(new)
    with _warning(warn, f'the relay of "{new}" is not installed'):
        if had_service:
            service_of(machines.environment, machines.store.folder, new).install()
    machine_went(machines, old, warn)


def _remove_relay(machines: MachineSource, name: str) -> None:
    from machsh.machine.reach import kept_socket
    from machsh.machine.reach.relay_service import has_services, service_of

    kept_socket.clear(kept_socket.socket_path(machines.environment, machines.store.folder, name))
    if has_services(machines.environment):
        service_of(machines.environment, machines.store.folder, name).remove()


@contextmanager
def _warning(warn: Warn, what: str) -> Iterator[None]:
    try:
        yield
    except MachshError as error:
        warn(f"{what}: {error}")
