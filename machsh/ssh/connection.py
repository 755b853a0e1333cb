"""A persistent ssh connection to a machine: opened on first use, shared by threads, reopened when dead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from machsh.deadline import Deadline
from machsh.errors import DeadlineError
from machsh.progress import Prompter
from machsh.ssh import execution
from machsh.ssh.errors import AnswerTooLongError, NoSessionError, NoSocketError, SSHError
from machsh.ssh.target import Completed, Target, quote

if TYPE_CHECKING:
    import paramiko

    from machsh.ssh.client_config import SshRoute
    from machsh.ssh.execution import Sink
    from machsh.ssh.host_keys import Pin
    from machsh.ssh.login import KeyRing

SESSIONS = 8
"""How many commands run at a time on one connection; sshd's default (MaxSessions) is ten."""
STALE_SECONDS = 5.0
"""If an existing connection does not open a channel within this time, it counts as dead."""
ANSWER_BYTES = 4 << 20
"""Output limit per stream of a command started by `run` or `script`."""
_SOCKET_PROBE = """
if [ ! -S "$1" ]; then echo missing; elif [ -w "$1" ]; then echo open; else echo closed "$(id -un)"; fi
"""


class Connection:
    """Runs commands on one machine over ssh; implements `Runner`. Thread-safe.

    It connects on first use. `seconds` is the time limit for connecting and for opening a channel; `ask`
    prompts for passphrases; `home` is the user's home folder.
    """

    def __init__(self, target: Target, *, ask: Prompter, seconds: float, home: Path | None = None) -> None:
        self.target = target
        self.seconds = seconds
        self._ask = ask
        self._home = home
        self._lock = threading.RLock()
        self._sessions = threading.BoundedSemaphore(SESSIONS)
        self._transport: paramiko.Transport | None = None
        self._route: SshRoute | None = None
        self._ring: KeyRing | None = None

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, as far as this side knows."""
        transport = self._transport
        return transport is not None and bool(transport.is_active())

    @property
    def user(self) -> str:
        """The remote user; it may come from the user's ssh configuration."""
        return self._find_route().target.user

    def connect(self) -> None:
        """Connect now, unless connected.

        Raises SshUnreachableError, HostKeyChangedError, KeyRefusedError, KeyFileError, PassphraseError or
        DeadlineError.
        """
        self._connected(Deadline.after(self.seconds))

    def host_key(self) -> Pin:
        """Return the host's current key, using a separate connection that does not log in.

        Raises SshUnreachableError.
        """
        from machsh.ssh.login import host_key

        return host_key(self._find_route(), Deadline.after(self.seconds))

    def close(self) -> None:
        """Close the connection; a later call connects again."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def run(self, words: Iterable[str], *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run one command, given as words. A non-zero exit code is returned, not raised.

        `seconds` limits the whole call, including connecting. Raises DeadlineError after it,
        AnswerTooLongError when the command prints more than `ANSWER_BYTES`, and MachshError when the machine
        is unreachable.
        """
        line = quote(words)
        out, err = (_CommandAnswer(str(self.target), line) for _ in range(2))
        code = self._execute(line, stdin, (out.take, err.take), Deadline.after(seconds))
        return Completed(code, out.text(), err.text())

    def script(self, text: str, *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run a shell script with `sh -c`; otherwise like `run`."""
        return self.run(["sh", "-c", text], stdin=stdin, seconds=seconds)

    def stream(
        self, line: str, *, stdin: BinaryIO | None, out: Sink, err: Sink, seconds: float | None = None
    ) -> int:
        """Run a shell command line, pass output to `out` and `err` as it arrives, and return the exit code.

        Make a line from words with `quote`. `seconds` None means no limit for the command. Raises
        DeadlineError, ConnectionLostError, or MachshError when the machine is unreachable.
        """
        deadline = Deadline.after(seconds) if seconds is not None else None
        return self._execute(line, stdin, (out, err), deadline)

    def open_unix(self, path: str, seconds: float | None = None) -> Any:
        """Open a channel to a unix socket on the machine; return it, a `ByteStream`. Raises MachshError.

        If the host does not allow forwarding of sockets, run `docker system dial-stdio` there instead, which
        reaches the engine that listens on `path`. `seconds` limits the whole call, by default to the
        connection's limit. Raises NoSocketError if the socket is missing or the user may not open it,
        NoSessionError if sshd runs as many commands as it allows.
        """
        from paramiko import ChannelException

        from machsh.ssh.execution import open_streamlocal

        deadline = Deadline.after(self.seconds if seconds is None else seconds)
        try:
            return self._open(lambda transport, limit: open_streamlocal(transport, path, limit), deadline)
        except SSHError as error:
            if not isinstance(error.__cause__, ChannelException):
                raise
        try:
            self._check_socket(path, deadline)
            return self._dial_stdio(path, deadline)
        except SSHError as error:
            if not isinstance(error.__cause__, ChannelException):
                raise
            raise NoSessionError(self.target) from error

    def _check_socket(self, path: str, deadline: Deadline) -> None:
        """Raise NoSocketError unless the user may open the socket: sshd does not say why it refused."""
        done = self.run(["sh", "-c", _SOCKET_PROBE, "sh", path], seconds=max(0.1, deadline.remaining))
        found, _, user = done.stdout.strip().partition(" ")
        if found in ("missing", "closed"):
            raise NoSocketError(self.target, path, user if found == "closed" else "")

    def _dial_stdio(self, path: str, deadline: Deadline) -> paramiko.Channel:
        from paramiko import SSHException

        channel = self._open(lambda transport, limit: transport.open_session(timeout=limit), deadline)
        try:
            channel.exec_command(quote(["docker", "-H", f"unix://{path}", "system", "dial-stdio"]))
        except (SSHException, OSError, EOFError) as error:
            channel.close()
            raise SSHError(
                f"{self.target} runs no command: {error}", hint="look at its sshd's settings and log"
            ) from error
        return channel

    def open_session(self) -> Any:
        """Open a session channel for a terminal; return it. Raises MachshError."""
        return self._open(lambda transport, seconds: transport.open_session(timeout=seconds))

    def _execute(
        self,
        line: str,
        stdin: bytes | BinaryIO | None,
        sinks: tuple[Sink, Sink],
        deadline: Deadline | None,
    ) -> int:
        from machsh.ssh.execution import Execution

        what = execution.short_command(line)
        with self._session(deadline or Deadline.after(self.seconds), what) as channel:
            return Execution(channel, str(self.target), what).run(line, stdin, sinks, deadline)

    @contextmanager
    def _session(self, deadline: Deadline, what: str) -> Iterator[paramiko.Channel]:
        if not self._sessions.acquire(timeout=deadline.remaining):
            raise DeadlineError(
                f"{what} on {self.target}: {SESSIONS} commands still ran after {deadline.limit}",
                hint="run fewer at once, or give them more time",
            )
        try:
            yield self._open(lambda its, seconds: its.open_session(timeout=seconds), deadline)
        finally:
            self._sessions.release()

    def _open(
        self,
        opens: Callable[[paramiko.Transport, float], paramiko.Channel],
        deadline: Deadline | None = None,
    ) -> paramiko.Channel:
        """Open a channel, and reconnect once if the existing connection is dead.

        Trying again is safe, because no command has run yet.
        """
        from paramiko import ChannelException, SSHException

        from machsh.ssh.execution import bound, refusal_told

        deadline = deadline or Deadline.after(self.seconds)
        was_open = self.is_open
        transport = self._connected(deadline)
        try:
            try:
                limit = min(STALE_SECONDS, deadline.remaining) if was_open else deadline.remaining
                return bound(refusal_told(opens)(transport, limit), deadline)
            except (SSHException, OSError, EOFError) as error:
                if isinstance(error, ChannelException) or not was_open:
                    raise
            self._drop(transport)
            return bound(refusal_told(opens)(self._connected(deadline), deadline.remaining), deadline)
        except (SSHException, OSError, EOFError) as error:
            deadline.check(f"opening a channel on {self.target}", "look at its sshd's log")
            raise SSHError(
                f"{self.target} opened no channel: {error}", hint="look at its sshd's settings and log"
            ) from error

    def _drop(self, transport: paramiko.Transport) -> None:
        with self._lock:
            if self._transport is transport:
                self._transport = None
        from paramiko import SSHException

        with suppress(OSError, EOFError, SSHException):  # why it is dropped is told elsewhere
            transport.close()

    def _connected(self, deadline: Deadline) -> paramiko.Transport:
        if not self._lock.acquire(timeout=deadline.remaining):
            raise DeadlineError(
                f"{self.target}: still being dialled after {deadline.limit}", hint="try again later"
            )
        try:
            if self._transport is not None and self._transport.is_active():
                return self._transport
            from machsh.ssh.login import KeyRing, dial

            route = self._find_route()
            self._ring = self._ring or KeyRing(route, self._ask)
            limit = deadline if deadline.remaining <= self.seconds else Deadline.after(self.seconds)
            self._transport = dial(route, self._ring, limit)
            return self._transport
        finally:
            self._lock.release()

    def _find_route(self) -> SshRoute:
        with self._lock:
            if self._route is None:
                from machsh.ssh import client_config

                self._route = client_config.find(self.target, self._home or Path.home())
            return self._route


class _CommandAnswer:
    """Collects the output of a command on one stream, up to ANSWER_BYTES."""

    def __init__(self, target: str, line: str) -> None:
        self._target = target
        self._line = line
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> None:
        """Append output. Raises AnswerTooLongError beyond ANSWER_BYTES."""
        self._size += len(piece)
        if self._size > ANSWER_BYTES:
            raise AnswerTooLongError(self._target, execution.short_command(self._line), ANSWER_BYTES)
        self._pieces.append(piece)

    def text(self) -> str:
        """Return the whole output as text."""
        return b"".join(self._pieces).decode(errors="replace")
