"""One kept connection to a machine: dialled when first needed, shared by threads, dialled anew when dead."""

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
from machsh.ssh.errors import AnswerTooLongError, SSHError
from machsh.ssh.target import Completed, Target, quote

if TYPE_CHECKING:
    import paramiko

    from machsh.ssh.client_config import SshRoute
    from machsh.ssh.execution import Sink
    from machsh.ssh.host_keys import Pin
    from machsh.ssh.login import KeyRing

SESSIONS = 8
"""Commands at once on one connection; sshd allows ten and refuses the next."""
STALE_SECONDS = 5.0
"""How long a kept connection may take to open a channel before it counts as dead."""
ANSWER_BYTES = 4 << 20
"""The most that a command of ours may print on each of its streams; facts and logs are far smaller."""


class Connection:
    """Runs commands on one machine; a `Runner`.

    Nothing is dialled before the first call. `seconds` is the deadline of dialling.
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
        """Whether a connection stands, as far as this side knows."""
        transport = self._transport
        return transport is not None and bool(transport.is_active())

    @property
    def user(self) -> str:
        """Who we are over there; the user's ssh configuration may say so."""
        return self._find_route().target.user

    def connect(self) -> None:
        """Dial now. Raises UnreachableError, HostKeyChangedError, KeyRefusedError, PassphraseError."""
        self._connected(Deadline.after(self.seconds))

    def host_key(self) -> Pin:
        """The key that the host shows now, by a connection of its own that does not log in.

        Raises UnreachableError.
        """
        from machsh.ssh.login import host_key

        return host_key(self._find_route(), Deadline.after(self.seconds))

    def close(self) -> None:
        """Hang up; a later call dials again."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def run(self, words: Iterable[str], *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run one command given as words; a non-zero exit is returned, not raised.

        `seconds` is for everything: dialling, opening a channel, running, the exit code.
        Raises DeadlineError when it takes longer, AnswerTooLongError when it prints more than `ANSWER_BYTES`,
        MachshError when the machine cannot be reached.
        """
        line = quote(words)
        out, err = (_CommandAnswer(str(self.target), line) for _ in range(2))
        code = self._execute(line, stdin, (out.take, err.take), Deadline.after(seconds))
        return Completed(code, out.text(), err.text())

    def script(self, text: str, *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run a shell script of ours with `sh`; otherwise as `run`."""
        return self.run(["sh", "-c", text], stdin=stdin, seconds=seconds)

    def stream(
        self, line: str, *, stdin: BinaryIO | None, out: Sink, err: Sink, seconds: float | None = None
    ) -> int:
        """Run a command line as the user typed it, passing output on as it comes; its exit code.

        `seconds` None gives it all the time it wants. Use `quote` to make a line from words.
        """
        deadline = Deadline.after(seconds) if seconds is not None else None
        return self._execute(line, stdin, (out, err), deadline)

    def open_unix(self, path: str) -> Any:
        """A socket-like channel to a unix socket on the machine.

        A host that forwards no sockets is asked for `docker system dial-stdio` instead, which
        reaches its engine whatever the path.
        """
        from paramiko import ChannelException, SSHException

        from machsh.ssh.execution import open_streamlocal

        try:
            return self._open(lambda transport, seconds: open_streamlocal(transport, path, seconds))
        except SSHError as error:
            if not isinstance(error.__cause__, ChannelException):
                raise
        channel = self._open(lambda transport, seconds: transport.open_session(timeout=seconds))
        try:
            channel.exec_command(quote(["docker", "-H", f"unix://{path}", "system", "dial-stdio"]))
        except (SSHException, OSError, EOFError) as error:
            channel.close()
            raise SSHError(
                f"{self.target} runs no command: {error}", hint="look at its sshd's settings and log"
            ) from error
        return channel

    def open_session(self) -> Any:
        """A bare session channel, for a terminal."""
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
        """Open a channel; when a kept connection turns out dead, dial once more. Nothing ran before that."""
        from paramiko import ChannelException, SSHException

        from machsh.ssh.execution import bound

        deadline = deadline or Deadline.after(self.seconds)
        was_open = self.is_open
        transport = self._connected(deadline)
        try:
            try:
                limit = min(STALE_SECONDS, deadline.remaining) if was_open else deadline.remaining
                return bound(opens(transport, limit), deadline)
            except (SSHException, OSError, EOFError) as error:
                if isinstance(error, ChannelException) or not was_open:
                    raise
            self._drop(transport)
            return bound(opens(self._connected(deadline), deadline.remaining), deadline)
        except (SSHException, OSError, EOFError) as error:
            deadline.check(f"opening a channel on {self.target}", "look at its sshd's log")
            raise SSHError(
                f"{self.target} opened no channel: {error}", hint="look at its sshd's settings and log"
            ) from error

    def _drop(self, transport: paramiko.Transport) -> None:
        with self._lock:
            if self._transport is transport:
                self._transport = None
        with suppress(Exception):
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
    """What a command prints on one of its streams."""

    def __init__(self, target: str, line: str) -> None:
        self._target = target
        self._line = line
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> None:
        """Keep a piece. Raises AnswerTooLongError."""
        self._size += len(piece)
        if self._size > ANSWER_BYTES:
            raise AnswerTooLongError(self._target, execution.short_command(self._line), ANSWER_BYTES)
        self._pieces.append(piece)

    def text(self) -> str:
        """All of it."""
        return b"".join(self._pieces).decode(errors="replace")
