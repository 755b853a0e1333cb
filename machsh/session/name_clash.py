"""Refuses `rm web` and the like when `web` could also be a container: a guess could destroy something."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from machsh.commands.command import Command
from machsh.errors import MachshError, RefusedError
from machsh.machine.naming import ESCAPE

if TYPE_CHECKING:
    from machsh.session.session import Session

SHARED = ("rm", "stop", "kill", "restart", "start", "rename")
"""Commands that machsh and docker share."""
_NAMES_ONE = ("rename",)
"""Those of which only the first word names something that is there."""
ANSWER_SECONDS = 2.0
_SHORTEST_ID = 4


def refuse_clash(command: Command, words: Sequence[str], session: Session) -> None:
    """Refuse names that are containers on the active machine, whether or not a machine has the name, too.

    Raises RefusedError if it has, MachshError if not. One-shot commands are exempt: they mean machines.
    """
    if session.is_one_shot or command.name not in SHARED or not session.active:
        return
    names = _names(command, words, session)
    if not names:
        return
    containers = _containers(session)
    machines = session.machines.store
    rest = ""
    if command.name in _NAMES_ONE:
        rest = "".join(f" {word}" for word in names[1:])
        names = names[:1]
    for name in names:
        if not _is_container(name, containers):
            continue
        if machines.exists(name):
            raise RefusedError(
                f'"{name}" is a machine and also a container on {session.active}',
                hint=f"say which: machine {command.name} {name}{rest}, or docker {command.name} {name}{rest}",
            )
        if not name.startswith(ESCAPE):
            raise MachshError(
                f'"{name}" is no machine, it is a container on {session.active}',
                hint=f"docker {command.name} {name}{rest}",
            )


def _names(command: Command, words: Sequence[str], session: Session) -> list[str]:
    from machsh.commands import flags

    try:
        values, names = flags.parse(command, words, session.environment)
    except MachshError:
        return []  # the command itself says what is wrong with its words
    return [] if values.flag("help") else names


def _containers(session: Session) -> Collection[str]:
    """Return names and ids of the active machine's containers; none if its engine is too slow."""
    try:
        endpoint = session.endpoint()
        if session.hooks.container_names is not None:
            known = session.hooks.container_names(session.active, endpoint)
            if known is not None:
                return known
        from machsh.engine.dial import dialer
        from machsh.engine.http import get
        from machsh.engine.watch.listing import PATHS, decode
        from machsh.engine.watch.snapshot import handles

        stream = dialer(session.docker_endpoint(connects=False))(ANSWER_SECONDS)
        try:
            reply = get(stream, PATHS["containers"], ANSWER_SECONDS)
        finally:
            stream.close()
        return handles(decode("containers", reply))
    except (MachshError, OSError):
        return ()


def _is_container(name: str, containers: Collection[str]) -> bool:
    if name in containers:
        return True
    is_id = len(name) >= _SHORTEST_ID and all(letter in "0123456789abcdef" for letter in name)
    return is_id and any(len(one) == 64 and one.startswith(name) for one in containers)
