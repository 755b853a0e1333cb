"""Handlers of `ssh`, `scp` and `mount`. The exit codes of the programs that they run pass through."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from shutil import which
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.commands.handlers.scp_places import PlaceWords, split
from machsh.commands.invocation import wrong_count
from machsh.commands.timeouts import limit_of
from machsh.drivers.driver import State
from machsh.errors import MachineNotRunningError, MachshError, UsageError
from machsh.machine.naming import DEFAULT, stored
from machsh.output.results import Exit

if TYPE_CHECKING:
    from machsh.machine.machine import Machine
    from machsh.ssh.openssh import ScpPlace
    from machsh.ssh.target import Target

_COUNT = "Improper number of arguments"
_HERE = ("", "localhost")
_SSH_FAILED = 255
"""ssh's exit code for its own failures; the remote command may use it too."""
_OBEYED = ("-t", "-tt", "-q")
"""Options of ssh that change nothing in our own client, which always allocates a terminal and is quiet."""
_CUT_OFF = (12, 127)
"""rsync's exit codes when the remote side did not start; either one may occur."""


def ssh(context: Context) -> Exit:
    """Log in to a machine, or run a command there. All words after the name go to ssh unchanged."""
    name, words = _machine_and_words(context)
    targets.require_machine(name, context)
    machine = context.machines.get(name)
    if machine.state() is not State.RUNNING:
        raise MachineNotRunningError(
            f'Error: Cannot run SSH command: Host "{name}" is not running', hint=f"machsh start {name}"
        )
    if _wants_own_ssh(context):
        from machsh.ssh.pty import interact

        limit = limit_of(context.environment) or None
        return Exit(interact(machine.runner(), _line_for_own_ssh(words), seconds=limit))
    if not context.session.is_one_shot and words and not words[0].startswith("-"):
        return Exit(_over_kept_connection(context, machine, " ".join(words)))
    from machsh.ssh.openssh import command

    code = context.runner.run_program(command(_target(machine), words))
    if code == _SSH_FAILED and not context.environment.is_docker_machine:
        _report_changed_key(machine)
    return Exit(code)


def _machine_and_words(context: Context) -> tuple[str, Sequence[str]]:
    """Return the machine and the words for ssh. After `@NAME` the machine need not be named again."""
    words, session = context.words, context.session
    if session.is_selected and not (words and context.machines.store.exists(stored(words[0]))):
        return session.active, words
    return (stored(words[0]), words[1:]) if words else (targets.default_target(context), ())


def _report_changed_key(machine: Machine) -> None:
    """Raise HostKeyChangedError if that is why ssh failed: ssh's own message suggests another remedy."""
    from machsh.ssh import host_keys
    from machsh.ssh.errors import HostKeyChangedError

    connection = machine.runner()
    pins = connection.target.known_hosts
    try:
        if pins and host_keys.read(pins):
            shown = connection.host_key()
            host_keys.check(connection.target, shown.kind, shown.blob)
    except HostKeyChangedError as error:
        error.code = _SSH_FAILED
        raise
    except MachshError:
        return


def _wants_own_ssh(context: Context) -> bool:
    """Whether to use our own client: with `--native-ssh`, or if this computer has no ssh."""
    return context.environment.variable("MACHINE_NATIVE_SSH") in ("1", "t", "T", "true", "TRUE", "True") or (
        not _is_here(context, "ssh")
    )


def _line_for_own_ssh(words: Sequence[str]) -> str:
    """Return the command in the words after the name. Raises UsageError for an unsupported option."""
    for place, word in enumerate(words):
        if word == "--":
            return " ".join(words[place + 1 :])
        if not word.startswith("-"):
            return " ".join(words[place:])
        if word not in _OBEYED:
            raise UsageError(
                f"machsh's own ssh does not know the option {word}",
                hint="install OpenSSH and leave --native-ssh out, or leave the option out",
            )
    return ""


def _over_kept_connection(context: Context, machine: Machine, line: str) -> int:
    """Run a command over the session's open connection, which costs one round trip. Return its exit code."""
    from machsh.process.keyboard import InterruptibleInput

    environment = context.environment
    try:
        typed = InterruptibleInput(environment.stdin)
    except (OSError, ValueError, io.UnsupportedOperation):
        typed = None
    try:
        return machine.runner().stream(
            line,
            stdin=cast(BinaryIO, typed) if typed else None,
            out=_sink(environment.stdout),
            err=_sink(environment.stderr),
            seconds=limit_of(environment) or None,
        )
    finally:
        if typed:
            typed.end()


def _sink(stream: TextIO) -> Callable[[bytes], None]:
    def write(piece: bytes) -> None:
        buffer = getattr(stream, "buffer", None)
        if buffer is None:
            stream.write(piece.decode(errors="replace"))
        else:
            buffer.write(piece)
        stream.flush()

    return write


def scp(context: Context) -> Exit:
    """Copy files between this computer and machines, or between two machines."""
    program, feature = ("rsync", "--delta option") if context.values.flag("delta") else ("scp", "scp feature")
    _need(context, program, f"You must have a copy of the {program} binary locally to use the {feature}")
    if len(context.words) != 2:
        raise wrong_count(context, _COUNT)
    from machsh.ssh import openssh

    source, target = (_place(context, word) for word in context.words)
    build = openssh.rsync_command if program == "rsync" else openssh.scp_command
    argv = build(
        source, target, recursive=context.values.flag("recursive"), quiet=context.values.flag("quiet")
    )
    code = context.runner.run_program(argv)
    if code in _CUT_OFF and program == "rsync":
        _need_rsync_there(context)
    return Exit(code)


def _need_rsync_there(context: Context) -> None:
    """Raise MachshError if a machine has no rsync: rsync's own message does not say which side lacks it."""
    for word in context.words:
        words = _split(context, word)
        name = words.name if words else ""
        if name in _HERE or not context.machines.store.exists(name):
            continue
        if context.machines.get(name).runner().script("command -v rsync").code:
            raise MachshError(
                f'There is no rsync on "{name}"', hint="install rsync on the machine, or leave -d out"
            )


def mount(context: Context) -> Exit:
    """Mount a machine's folder on this computer, or unmount it."""
    unmounts = context.values.flag("unmount")
    program, feature = ("fusermount", "unmount option") if unmounts else ("sshfs", "mount feature")
    _need(context, program, f"You must have a copy of the {program} binary locally to use the {feature}")
    if not 1 <= len(context.words) <= 2:
        raise wrong_count(context, _COUNT)
    place = _place(context, context.words[0], on_default=True)
    point = context.words[1] if len(context.words) > 1 else place.path
    from machsh.ssh.arguments import local_path
    from machsh.ssh.openssh import sshfs_command

    if unmounts:
        return Exit(context.runner.run_program(["fusermount", "-u", "--", local_path(point)]))

    assert place.target is not None
    return Exit(context.runner.run_program(sshfs_command(place.target, place.path, point)))


def _place(context: Context, word: str, *, on_default: bool = False) -> ScpPlace:
    """Parse `[[USER@]NAME:]PATH`; without a name, the path is local, or with `on_default` on that machine."""
    from machsh.ssh.openssh import ScpPlace

    words = _split(context, word)
    if words is None:
        return (
            ScpPlace(word, _machine_target(context, targets.default_target(context)))
            if on_default
            else ScpPlace(word)
        )
    if words.name in _HERE and not context.machines.store.exists(words.name or DEFAULT):
        return ScpPlace(words.path)
    try:
        return ScpPlace(words.path, _machine_target(context, words.name, words.user))
    except MachshError as error:
        if (context.session.folder / word).exists() and not context.machines.store.exists(words.name):
            error.hint = f"for the file of this computer: ./{word}"
        raise


def _split(context: Context, word: str) -> PlaceWords | None:
    return split(word, on_windows=context.environment.platform == "win32")


def _machine_target(context: Context, name: str, user: str = "") -> Target:
    from machsh.machine.errors import prefixed

    try:
        machine = context.machines.get(name)
    except MachshError as error:
        raise prefixed("Error loading host", prefixed("Error loading host", error)) from error
    return _target(machine, user)


def _target(machine: Machine, user: str = "") -> Target:
    from dataclasses import replace

    from machsh.machine.errors import NoSshError

    target = machine.driver.ssh_target()
    if target is None:
        raise NoSshError(machine.name, machine.record.driver_name)
    return replace(target, user=user) if user else target


def _need(context: Context, program: str, message: str) -> None:
    if not _is_here(context, program):
        package = {"fusermount": "fuse3", "scp": "openssh-client"}.get(program, program)
        raise MachshError(message, hint=f"install it, for example: apt-get install {package}")


def _is_here(context: Context, program: str) -> bool:
    return which(program, path=context.environment.variables.get("PATH", "")) is not None
