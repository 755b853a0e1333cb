"""Opens an ssh connection with paramiko: connects, checks the host key, and logs in with one of our keys.

This module loads paramiko, which is slow: import it late.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import paramiko

from machsh.deadline import Deadline, within
from machsh.errors import MachshError
from machsh.ssh import host_keys
from machsh.ssh.client_config import SshRoute
from machsh.ssh.errors import KeyRefusedError, SSHError, SshUnreachableError
from machsh.ssh.key_file import inspect
from machsh.ssh.keys import load
from machsh.ssh.target import Target

if TYPE_CHECKING:
    from pathlib import Path

    from machsh.progress import Prompter

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its errors also arrive as exceptions

KEEPALIVE_SECONDS = 30


class KeyRing:
    """The private keys for one route. Loaded keys are cached, so that a passphrase is asked for only once."""

    def __init__(self, route: SshRoute, ask: Prompter) -> None:
        self._route = route
        self._ask = ask
        self._loaded: dict[str, paramiko.PKey] = {}

    def offers(self, deadline: Deadline) -> Iterator[tuple[str, paramiko.PKey]]:
        """Yield (name for error messages, key), the agent's keys first, as ssh does.

        Raises KeyFileError or PassphraseError for a key file that cannot be loaded.
        """
        yield from self._of_agent(deadline)
        for path in self._route.keys:
            if path != self._route.target.key_path and not path.is_file():
                continue
            if str(path) not in self._loaded:
                self._loaded[str(path)] = load(path, self._ask)
            yield str(path), self._loaded[str(path)]

    def _of_agent(self, deadline: Deadline) -> Iterator[tuple[str, paramiko.PKey]]:
        """Yield the agent's keys; if the target names a key file, only the key that matches it.

        An encrypted key file is looked up in the agent even if `uses_agent` is false, as with
        `ssh -o IdentitiesOnly=yes -i KEY`, because then no passphrase is needed.
        """
        path, uses_agent = self._route.target.key_path, self._route.target.uses_agent
        wanted = self._public_of(path) if path else b""
        if not (uses_agent or wanted):
            return
        try:
            keys: Iterable[paramiko.AgentKey] = within(deadline, lambda: paramiko.Agent().get_keys())
        except (paramiko.SSHException, OSError):
            return
        for key in keys:
            if not wanted or key.asbytes() == wanted:
                yield f"agent: {key.comment or key.get_name()}", key

    def _public_of(self, path: Path) -> bytes:
        """Return the public key to look for in the agent; b"" if the agent is not needed for this file."""
        if str(path) in self._loaded:
            return b""
        key = inspect(path)
        return key.public if key.is_encrypted or self._route.target.uses_agent else b""


class _Transport(paramiko.Transport):
    """A paramiko transport whose failures are always SSHException, OSError or EOFError.

    paramiko's reader thread can raise any exception on malformed data; the waiting methods raise it again.
    """

    def get_exception(self) -> Exception | None:
        """Return the exception that ended the connection and clear it, as paramiko does; None if none did."""
        error: Exception | None = super().get_exception()
        if error is None or isinstance(error, paramiko.SSHException | OSError | EOFError):
            return error
        broken = paramiko.SSHException(f"what it sends is no ssh: {type(error).__name__}: {error}")
        broken.__cause__ = error
        return broken


def dial(route: SshRoute, ring: KeyRing, deadline: Deadline) -> paramiko.Transport:
    """Connect, check the host key and log in.

    Raises SshUnreachableError, HostKeyChangedError, KeyRefusedError, KeyFileError, PassphraseError or
    DeadlineError; MachshError if the host requires more than a key.
    """
    target = route.target
    with _explained(target, deadline):
        transport = _greeted(route, deadline)
        try:
            presented = _presented(transport, target)
            host_keys.check(target, presented.kind, presented.blob)
            _log_in(transport, target.user, ring, str(target), deadline)
            transport.set_keepalive(KEEPALIVE_SECONDS)
        except BaseException:
            transport.close()
            raise
        return transport


def host_key(route: SshRoute, deadline: Deadline) -> host_keys.Pin:
    """Return the host's current key, without checking it or logging in. Raises SshUnreachableError."""
    with _explained(route.target, deadline), contextlib.closing(_greeted(route, deadline)) as transport:
        return _presented(transport, route.target)


@contextlib.contextmanager
def _explained(target: Target, deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise SshUnreachableError(str(target), _reason(error, deadline)) from error


def _greeted(route: SshRoute, deadline: Deadline) -> paramiko.Transport:
    """Return a transport after the key exchange, not logged in yet."""
    transport = _Transport(_socket(route, deadline))
    try:
        transport.banner_timeout = max(0.1, deadline.remaining)
        _prefer(transport, host_keys.pinned_kinds(route.target))
        transport.start_client(timeout=max(0.1, deadline.remaining))
        transport.get_remote_server_key()  # raises when no keys were exchanged in time
    except BaseException:
        transport.close()
        raise
    return transport


def _presented(transport: paramiko.Transport, target: Target) -> host_keys.Pin:
    key = transport.get_remote_server_key()
    return host_keys.Pin((host_keys.name_of(target),), key.get_name(), key.asbytes())


def _reason(error: Exception, deadline: Deadline) -> str:
    if isinstance(error, TimeoutError) or deadline.has_passed:
        return f"no answer within {deadline.limit}"
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error) or "the connection was closed by the other side"


def _socket(route: SshRoute, deadline: Deadline) -> socket.socket:
    if route.proxy:
        return _through(route.proxy)
    address, seconds = (route.target.host, route.target.port), max(0.1, deadline.remaining)
    # `within`, because the timeout covers neither the name lookup nor several addresses together.
    connected = within(deadline, lambda: socket.create_connection(address, timeout=seconds))
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _through(words: tuple[str, ...]) -> socket.socket:
    """Start a proxy program; return a socket for its input and output. Closing the socket ends it."""
    import subprocess

    if not hasattr(socket, "AF_UNIX"):
        raise SSHError(
            "a jump host needs a program that cannot be used here",
            hint="use the system's ssh for this machine",
        )
    own_end, proxy_end = socket.socketpair()
    with proxy_end:
        try:
            subprocess.Popen(
                words, stdin=proxy_end.fileno(), stdout=proxy_end.fileno(), start_new_session=True
            )
        except OSError as error:
            own_end.close()
            raise SSHError(f"cannot run {words[0]}: {error.strerror}", hint="install it") from error
    return own_end


def _prefer(transport: paramiko.Transport, kinds: list[str]) -> None:
    """Prefer the pinned kinds of host key: a host with several kinds might present another one first."""
    options = transport.get_security_options()
    pinned = set(kinds) | ({"rsa-sha2-512", "rsa-sha2-256"} if "ssh-rsa" in kinds else set())
    if pinned:
        with contextlib.suppress(ValueError):
            options.key_types = sorted(options.key_types, key=lambda kind: kind not in pinned)


def _log_in(transport: paramiko.Transport, user: str, ring: KeyRing, target: str, deadline: Deadline) -> None:
    tried: list[str] = []
    for name, key in ring.offers(deadline):
        tried.append(name)
        try:
            transport.auth_timeout = max(0.1, deadline.remaining)
            transport.auth_publickey(user, key)
        except paramiko.AuthenticationException:
            deadline.check(f"logging in on {target}", "look at its sshd's log")
            if not transport.is_active():  # sshd disconnects after too many attempts (MaxAuthTries)
                break
            continue
        if transport.is_authenticated():
            return
        raise MachshError(
            f"{target} wants more than a key to log in",
            hint="allow the key alone: AuthenticationMethods publickey",
        )
    raise KeyRefusedError(target, user, tried)
