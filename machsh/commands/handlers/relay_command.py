"""`relay`: keeps a local socket to a machine's engine open, now or from login on."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.errors import UsageError
from machsh.machine.reach import kept_socket
from machsh.output.results import Document, Result, Table

if TYPE_CHECKING:
    from machsh.machine.reach.relay_service import RelayService

COLUMNS = ("NAME", "RELAY", "AT LOGIN", "SOCKET")
_ONE_OF = ("install", "remove", "status")


def relay(context: Context) -> Result:
    """Run the relay of one machine, or do what the one option says for the named ones.

    Raises UsageError for several options at once, and for several machines without one.
    """
    from machsh.machine.reach.kept_relay import check_platform

    check_platform(context.environment.platform)
    wanted = [name for name in _ONE_OF if context.values.flag(name)]
    if context.values.flag("json") and wanted in ([], ["status"]):
        wanted = ["status"]
    if len(wanted) > 1:
        raise UsageError("relay does one thing at a time", hint="give one of --install, --remove, --status")
    if wanted == ["status"]:
        return _status(context)
    if wanted == ["install"]:
        _install(context)
    elif wanted == ["remove"]:
        _remove(context)
    else:
        _run(context)
    return None


def _run(context: Context) -> None:
    from machsh.engine.relay.limits import raise_limit
    from machsh.machine.reach.kept_relay import serve

    name = targets.target(context)
    targets.require_machine(name, context)
    if context.session.is_one_shot:
        raise_limit()

    def listening(place: Path) -> None:
        context.progress.info(
            f'Relay of "{name}", until Ctrl-C: docker -H {shlex.quote(f"unix://{place}")} ps'
        )

    if not serve(name, context.machines, listening):
        context.progress.info(f'Machine "{name}" is gone, and so is its relay.')


def _services(context: Context, names: Iterable[str]) -> list[RelayService]:
    from machsh.machine.reach.relay_service import service_of

    store = context.machines.store
    return [service_of(context.environment, store.folder, name) for name in names]


def _existing(context: Context) -> list[str]:
    """Return the named machines, or the default one. Raises MachineNotFoundError before anything is done."""
    names, store = targets.managed(context), context.machines.store
    for name in names:
        store.require(name)
    return names


def _install(context: Context) -> None:
    for service in _services(context, _existing(context)):
        remaining = service.install()
        context.conclude(f'The relay of "{service.name}" runs at login: {service.path}')
        if remaining:
            context.progress.warning(
                f"The service manager of this login did not answer. To start it now, run:\n  {remaining}"
            )


def _remove(context: Context) -> None:
    """Remove the services, also those of machines that are gone."""
    for service in _services(context, targets.managed(context)):
        if service.remove():
            context.conclude(f'The relay of "{service.name}" no longer runs at login.')
        else:
            context.conclude(f'No relay of "{service.name}" is installed.')


def _status(context: Context) -> Table | Document:
    names = targets.named(context) or context.machines.names()
    rows = [(one, _socket(context, one.name)) for one in _services(context, names)]
    if context.values.flag("json"):
        return Document([_as_json(one, place) for one, place in rows])
    return Table(COLUMNS, [_cells(one, place) for one, place in rows], told=["SOCKET"])


def _socket(context: Context, name: str) -> Path:
    return kept_socket.socket_path(context.environment, context.machines.store.folder, name)


def _cells(service: RelayService, place: Path) -> tuple[str, ...]:
    is_alive = kept_socket.is_alive(place)
    return service.name, "running" if is_alive else "", "yes" if service.is_installed else "", str(place)


def _as_json(service: RelayService, place: Path) -> dict[str, object]:
    return {
        "name": service.name,
        "running": kept_socket.is_alive(place),
        "installed": service.is_installed,
        "socket": str(place),
    }
