"""One kept connection to a machine: dialled when first needed, shared by threads, dialled anew when dead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from machsh.deadline import Deadline
from machsh.errors import DeadlineError, MachshError
from machsh.progress import Ask
from machsh.ssh import remote
from machsh.ssh.errors import RootRefusedError, SSHError
from machsh.ssh.target import Completed, Target, quote

if TYPE_CHECKING:
    import paramiko

    from machsh.ssh.channels import Sink
    from machsh.ssh.dial import KeyRing
    from machsh.ssh.route import Route

SESSIONS = 8
"""Commands at once on one connection; sshd allows ten and refuses the next."""
STALE_SECONDS = 5.0
"""How long a kept connection may take to open a channel before it counts as dead."""
FILE_SECONDS = 120.0
"""How long moving one file may take, unless the connection was given more."""


class Connection:
    """Runs commands and moves files on one machine; a `Runner`.

    Nothing is dialled before the first call. `seconds` is the deadline of dialling.
    """

    def __init__(self, target: Target, *, ask: Ask, seconds: float, home: Path | None = None) -> None:
        self.target = target
        self.seconds = seconds
        self._ask = ask
        self._home = home
        self._lock = threading.RLock()
        self._sessions = threading.BoundedSemaphore(SESSIONS)
        self._transport: paramiko.Transport | None = None
        self._route: Route | None = None
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

    def close(self) -> None:
        """Hang up; a later call dials again."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def run(
        self, words: Iterable[str], *, stdin: bytes = b"", seconds: float = 60.0, as_root: bool = False
    ) -> Completed:
        """Run one command given as words; a non-zero exit is returned, not raised.

        Raises DeadlineError when it takes longer, MachshError when the machine cannot be reached,
        RootRefusedError when `as_root` and the user may not.
        """
        code, out, err = self._collect(list(words), stdin, seconds, as_root)
        return Completed(code, out.decode(errors="replace"), err.decode(errors="replace"))

    def script(
        self, text: str, *, stdin: bytes = b"", seconds: float = 60.0, as_root: bool = False
    ) -> Completed:
        """Run a shell script of ours with `sh`; otherwise as `run`."""
        return self.run(["sh", "-c", text], stdin=stdin, seconds=seconds, as_root=as_root)

    def put(self, content: bytes, path: str, *, mode: int = 0o600) -> None:
        """Write a remote file whole or not at all, as root when the user may become root."""
        words = remote.put_words(path, mode, len(content))
        code, _, err = self._collect(words, content, max(FILE_SECONDS, self.seconds), False)
        if code:
            raise self._file_error("write", path, err)

    def get(self, path: str) -> bytes:
        """Read a remote file, as root when the user may. Raises MachshError when it is missing."""
        code, out, err = self._collect(remote.get_words(path), b"", max(FILE_SECONDS, self.seconds), False)
        if code:
            raise self._file_error("read", path, err)
        return out

    def stream(
        self, line: str, *, stdin: BinaryIO | None, out: Sink, err: Sink, seconds: float | None = None
    ) -> int:
        """Run a command line as the user typed it, passing output on as it comes; its exit code.

        `seconds` None gives it all the time it wants. Use `quote` to make a line from words.
        """
        deadline = Deadline.after(seconds) if seconds is not None else None
        return self._execute(line, stdin, (out, err), deadline)

    def open_tcp(self, host: str, port: int) -> Any:
        """A socket-like channel to a tcp address as seen from the machine."""
        address = ((host, port), ("127.0.0.1", 0))
        return self._open(lambda its, seconds: its.open_channel("direct-tcpip", *address, timeout=seconds))

    def open_unix(self, path: str) -> Any:
        """A socket-like channel to a unix socket on the machine.

        A host that forwards no sockets is asked for `docker system dial-stdio` instead, which
        reaches its engine whatever the path.
        """
        from paramiko import ChannelException

        from machsh.ssh.channels import open_streamlocal

        try:
            return self._open(lambda transport, seconds: open_streamlocal(transport, path, seconds))
        except SSHError as error:
            if not isinstance(error.__cause__, ChannelException):
                raise
        channel = self._open(lambda transport, seconds: transport.open_session(timeout=seconds))
        channel.exec_command(quote(["docker", "-H", f"unix://{path}", "system", "dial-stdio"]))
        return channel

    def open_session(self) -> Any:
        """A bare session channel, for a terminal."""
        return self._open(lambda transport, seconds: transport.open_session(timeout=seconds))

    def _collect(
        self, words: list[str], stdin: bytes, seconds: float, as_root: bool
    ) -> tuple[int, bytes, bytes]:
        is_sudo = as_root and self.user != "root"
        line = quote(["sudo", "-n", *words] if is_sudo else words)
        out: list[bytes] = []
        err: list[bytes] = []
        code = self._execute(line, stdin, (out.append, err.append), Deadline.after(seconds))
        errors = b"".join(err)
        if is_sudo and code and remote.is_sudo_refusal(errors):
            raise RootRefusedError(self.user, str(self.target))
        return code, b"".join(out), errors

    def _execute(
        self,
        line: str,
        stdin: bytes | BinaryIO | None,
        sinks: tuple[Sink, Sink],
        deadline: Deadline | None,
    ) -> int:
        from machsh.ssh.channels import Execution

        what = remote.short(line)
        with self._session(deadline or Deadline.after(self.seconds), what) as channel:
            return Execution(channel, str(self.target), what).run(line, stdin, sinks, deadline)

    @contextmanager
    def _session(self, deadline: Deadline, what: str) -> Iterator[paramiko.Channel]:
        if not self._sessions.acquire(timeout=deadline.remaining):
            raise DeadlineError(
                f"{what} on {self.target}: {SESSIONS} commands still ran after {deadline.seconds:g} s",
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

        deadline = deadline or Deadline.after(self.seconds)
        was_open = self.is_open
        transport = self._connected(deadline)
        try:
            try:
                return opens(transport, min(STALE_SECONDS, deadline.remaining))
            except (SSHException, OSError, EOFError) as error:
                if isinstance(error, ChannelException) or not was_open:
                    raise
            self._drop(transport)
            return opens(self._connected(deadline), deadline.remaining)
        except (SSHException, OSError, EOFError) as error:
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
        with self._lock:
            if self._transport is not None and self._transport.is_active():
                return self._transport
            from machsh.ssh.dial import KeyRing, dial

            route = self._find_route()
            self._ring = self._ring or KeyRing(route, self._ask)
            limit = Deadline.after(min(self.seconds, deadline.remaining))
            self._transport = dial(route, self._ring, limit)
            return self._transport

    def _find_route(self) -> Route:
        with self._lock:
            if self._route is None:
                from machsh.ssh import route

                self._route = route.find(self.target, self._home or Path.home())
            return self._route

    def _file_error(self, verb: str, path: str, err: bytes) -> MachshError:
        reason = err.decode(errors="replace").strip() or "unknown reason"
        return MachshError(
            f"cannot {verb} {path} on {self.target}: {reason}",
            hint=f"check that {self.user} (or root, by sudo) may {verb} it there",
        )
