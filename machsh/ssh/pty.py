"""An interactive terminal on a machine with paramiko, for computers without an ssh program.

It needs POSIX terminals; Windows has its own ssh.
"""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from machsh.deadline import Deadline
from machsh.descriptors import wait_ready
from machsh.errors import MachshError
from machsh.ssh import execution
from machsh.ssh.connection import Connection
from machsh.ssh.errors import SSHError
from machsh.ssh.raw_terminal import raw

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

CHUNK = 1 << 15
TOO_SLOW = "give it more time with --timeout SECONDS, or leave that out"
KILLED = 255


def interact(
    connection: Connection,
    line: str = "",
    *,
    stdin: int = 0,
    stdout: int = 1,
    term: str = "xterm",
    seconds: float | None = None,
) -> int:
    """Connect a terminal to a login shell, or to the command `line`, on the machine; return its exit code.

    `stdin` and `stdout` are file descriptors, `term` is the value of TERM. Raises DeadlineError after
    `seconds` (None: no limit), MachshError on Windows, and SSHError if the machine gives no terminal.
    """
    if termios is None:
        raise MachshError("no ssh program was found", hint="install OpenSSH: it brings its own terminal")
    deadline = Deadline.after(math.inf if seconds is None else seconds)
    what = f"{execution.short_command(line) or 'the login'} on {connection.target}"
    channel = connection.open_session()
    try:
        _begin(channel, line, term, stdout, str(connection.target))
        with raw(stdin), _resizing(channel, stdout):
            _shuttle(channel, (stdin, stdout), deadline, what)
        channel.status_event.wait(None if seconds is None else deadline.remaining)
        deadline.check(what, TOO_SLOW)
        code = int(channel.recv_exit_status())
        return code if code >= 0 else KILLED
    finally:
        channel.close()


def _begin(channel: Any, line: str, term: str, stdout: int, target: str) -> None:
    """Request a terminal and start the command or shell in it. Raises SSHError if that fails."""
    from paramiko import SSHException

    try:
        channel.get_pty(term, *_size(stdout))
        channel.exec_command(line) if line else channel.invoke_shell()
    except (SSHException, OSError, EOFError) as error:
        raise SSHError(
            f"{target} gives no terminal: {error}", hint="look at its sshd's settings and log"
        ) from error


def _size(stdout: int) -> tuple[int, int]:
    """Return (columns, lines) of the terminal; 80 x 24 if it is none."""
    try:
        return os.get_terminal_size(stdout)
    except OSError:
        return 80, 24


@contextmanager
def _resizing(channel: Any, stdout: int) -> Iterator[None]:
    """Forward changes of the window's size to the machine; in the main thread only."""

    def resize(*_: object) -> None:
        channel.resize_pty(*_size(stdout))

    try:
        before = signal.signal(signal.SIGWINCH, resize)
    except ValueError:  # not the main thread, which alone may set signal handlers
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _shuttle(channel: Any, ends: tuple[int, int], deadline: Deadline, what: str) -> None:
    """Copy bytes both ways until the machine closes the channel. Raises DeadlineError."""
    stdin, stdout = ends
    sources: list[Any] = [channel, stdin]
    wait = None if math.isinf(deadline.ends) else deadline
    while True:
        ready, _ = wait_ready(sources, seconds=None if wait is None else wait.remaining)
        deadline.check(what, TOO_SLOW)
        if channel in ready:
            piece = channel.recv(CHUNK)
            if not piece:
                return
            _write(stdout, piece)
        if stdin in ready:
            typed = os.read(stdin, CHUNK)
            if typed:
                channel.sendall(typed)
            else:
                channel.shutdown_write()
                sources.remove(stdin)


def _write(stdout: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(stdout, piece) :]
