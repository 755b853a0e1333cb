"""One ssh connection by paramiko: the way there, the host's key checked, one of our keys let in.

This module loads paramiko: import it late.
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

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its errors come to us as exceptions

KEEPALIVE_SECONDS = 30


class KeyRing:
    """The keys for one route: read when first needed and kept, so that a passphrase is asked once."""

    def __init__(self, route: SshRoute, ask: Prompter) -> None:
        self._route = route
        self._ask = ask
        self._loaded: dict[str, paramiko.PKey] = {}

    def offers(self, deadline: Deadline) -> Iterator[tuple[str, paramiko.PKey]]:
        """Each key with the name it has in error texts: the agent's first, as ssh does."""
        yield from self._of_agent(deadline)
        for path in self._route.keys:
            if path != self._route.target.key_path and not path.is_file():
                continue
            if str(path) not in self._loaded:
                self._loaded[str(path)] = load(path, self._ask)
            yield str(path), self._loaded[str(path)]

    def _of_agent(self, deadline: Deadline) -> Iterator[tuple[str, paramiko.PKey]]:
        """The agent's keys; only the one that belongs to the named key file when there is one.

        A named key with a passphrase is looked for in the agent whether or not the target uses it, as
        `ssh -o IdentitiesOnly=yes -i KEY` does: then nobody has to be asked.
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
        """The public half of a key that needs the agent or may use it; else nothing."""
        if str(path) in self._loaded:
            return b""
        key = inspect(path)
        return key.public if key.is_encrypted or self._route.target.uses_agent else b""


class _Transport(paramiko.Transport):
    """A connection whose every failure is one that its callers expect.

    What the other side sends is read in a thread of paramiko's; bytes that are no ssh raise anything there,
    and it is raised again wherever somebody waits.
    """

    def get_exception(self) -> Exception | None:
        """What ended the connection, once."""
        error: Exception | None = super().get_exception()
        if error is None or isinstance(error, paramiko.SSHException | OSError | EOFError):
            return error
        broken = paramiko.SSHException(f"what it sends is no ssh: {type(error).__name__}: {error}")
        broken.__cause__ = error
        return broken


def dial(route: SshRoute, ring: KeyRing, deadline: Deadline) -> paramiko.Transport:
    """Connect, check the host's key, log in.

    Raises UnreachableError, HostKeyChangedError, KeyRefusedError, PassphraseError or DeadlineError.
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
    """The key that the host shows now, whatever is pinned; nobody logs in. Raises UnreachableError."""
    with _explained(route.target, deadline), contextlib.closing(_greeted(route, deadline)) as transport:
        return _presented(transport, route.target)


@contextlib.contextmanager
def _explained(target: Target, deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise SshUnreachableError(str(target), _reason(error, deadline)) from error


def _greeted(route: SshRoute, deadline: Deadline) -> paramiko.Transport:
    """A connection with keys exchanged, before anybody logs in."""
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
    # Within: neither looking up a name nor trying many addresses in turn knows the time limit.
    connected = within(deadline, lambda: socket.create_connection(address, timeout=seconds))
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _through(words: tuple[str, ...]) -> socket.socket:
    """A program's input and output as a socket; the program ends when the socket is closed."""
    import subprocess

    if not hasattr(socket, "AF_UNIX"):
        raise SSHError(
            "a jump host needs a program that cannot be used here",
            hint="use the system's ssh for this machine",
        )
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            subprocess.Popen(words, stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True)
        except OSError as error:
            ours.close()
            raise SSHError(f"cannot run {words[0]}: {error.strerror}", hint="install it") from error
    return ours


def _prefer(transport: paramiko.Transport, kinds: list[str]) -> None:
    """Ask for the pinned kind of host key first, else a host with two kinds would seem changed."""
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
            if not transport.is_active():  # sshd counts the tries and hangs up
                break
            continue
        if transport.is_authenticated():
            return
        raise MachshError(
            f"{target} wants more than a key to log in",
            hint="allow the key alone: AuthenticationMethods publickey",
        )
    raise KeyRefusedError(target, user, tried)
