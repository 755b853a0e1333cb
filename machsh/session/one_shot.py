"""Runs one command given as words (`machsh ls`), without importing the language: that starts faster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from machsh.errors import UsageError
from machsh.session import dispatch
from machsh.session.resolve import DOCKER, OURS, Action, OurCommand, docker_words, resolve, suggestion

if TYPE_CHECKING:
    from machsh.session.session import Session


def run(session: Session, words: Sequence[str]) -> int:
    """Run one command and return its exit code. Raises MachshError.

    docker's commands work, too, unless the program was called as docker-machine.
    """
    environment = session.calls.now.environment
    action = _action(session, words)
    session.status = dispatch.run(action, session, environment, dispatch.spawn_in_foreground(session))
    return session.status


def _asks_help(words: Sequence[str]) -> bool:
    return len(words) > 1 and words[1] in ("-h", "-help", "--help")


def _action(session: Session, words: Sequence[str]) -> Action:
    first = words[0]
    is_classic = session.environment.is_docker_machine
    command = session.command(first)
    if command is not None and not is_classic and not command.is_meant(words[1:]):
        return resolve(words, session)
    if command is not None and (not command.in_session_only or (_asks_help(words) and not is_classic)):
        return OurCommand(command, tuple(words[1:]))
    if command is not None and not is_classic:
        hint = f"in the shell: machsh; or in a batch: machsh -c '{first} ...'"
        raise UsageError(f"{first} means something in a session only", hint=hint)
    if not is_classic and first in (DOCKER, *OURS, *docker_words(session)):
        return resolve(words, session)
    from machsh.commands.help import unknown

    error = unknown(first, session.environment, session.commands().values())
    error.hint = "" if is_classic else suggestion(first, session)
    raise error
