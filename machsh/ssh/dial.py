"""One ssh connection by paramiko: the way there, the host's key checked, one of our keys let in.

This module loads paramiko: import it late.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import socket
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import paramiko

from machsh.deadline import Deadline
from machsh.errors import MachshError
from machsh.ssh import hostkeys
from machsh.ssh.errors import KeyRefusedError, SSHError, UnreachableError
from machsh.ssh.keys import load, public_path
from machsh.ssh.route import Route

if TYPE_CHECKING:
    from machsh.progress import Ask

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its errors come to us as exceptions

KEEPALIVE_SECONDS = 30


class KeyRing:
    """The keys for one route: read when first needed and kept, so that a passphrase is asked once."""

    def __init__(self, route: Route, ask: Ask) -> None:
        self._route = route
        self._ask = ask
        self._loaded: dict[str, paramiko.PKey] = {}

    def offers(self) -> Iterator[tuple[str, paramiko.PKey]]:
        """Each key with the name it has in error texts: the agent's first, as ssh does."""
        if self._route.target.uses_agent:
            yield from self._of_agent()
        for path in self._route.keys:
            if path != self._route.target.key_path and not path.is_file():
                continue
            if str(path) not in self._loaded:
                self._loaded[str(path)] = load(path, self._ask)
            yield str(path), self._loaded[str(path)]

    def _of_agent(self) -> Iterator[tuple[str, paramiko.PKey]]:
        """The agent's keys; only the one that belongs to the named key file when there is one."""
        wanted = self._wanted_blob()
        try:
            keys: Iterable[paramiko.AgentKey] = paramiko.Agent().get_keys()
        except (paramiko.SSHException, OSError):
            return
        for key in keys:
            if not wanted or key.asbytes() == wanted:
                yield f"agent: {key.comment or key.get_name()}", key

    def _wanted_blob(self) -> bytes:
        path = self._route.target.key_path
        if path is None or not public_path(path).is_file():
            return b""
        return base64.b64decode(public_path(path).read_text(encoding="utf-8").split()[1])


def dial(route: Route, ring: KeyRing, deadline: Deadline) -> paramiko.Transport:
    """Connect, check the host's key, log in.

    Raises UnreachableError, HostKeyChangedError, KeyRefusedError or PassphraseError.
    """
    target = route.target
    transport = None
    try:
        transport = paramiko.Transport(_socket(route, deadline))
        transport.banner_timeout = transport.auth_timeout = max(0.1, deadline.remaining)
        _prefer(transport, hostkeys.pinned_kinds(target))
        transport.start_client(timeout=max(0.1, deadline.remaining))
        key = transport.get_remote_server_key()
        hostkeys.check(target, key.get_name(), key.asbytes())
        _log_in(transport, target.user, ring, str(target), deadline)
        transport.set_keepalive(KEEPALIVE_SECONDS)
        return transport
    except BaseException as error:
        if transport is not None:
            transport.close()
        if isinstance(error, paramiko.SSHException | OSError | EOFError):
            raise UnreachableError(str(target), _reason(error, deadline)) from error
        raise


def _reason(error: Exception, deadline: Deadline) -> str:
    if isinstance(error, TimeoutError) or deadline.has_passed:
        return f"no answer within {deadline.seconds:.3g} s"
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error) or "the connection was closed by the other side"


def _socket(route: Route, deadline: Deadline) -> socket.socket:
    if route.proxy:
        return _through(route.proxy)
    target = route.target
    connected = socket.create_connection((target.host, target.port), timeout=max(0.1, deadline.remaining))
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
    for name, key in ring.offers():
        deadline.check(f"logging in on {target}")
        tried.append(name)
        try:
            transport.auth_publickey(user, key)
        except paramiko.AuthenticationException:
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
