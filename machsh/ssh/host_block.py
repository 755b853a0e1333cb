"""Writes a target as a `Host` block of OpenSSH's configuration, for programs that start ssh themselves."""

from __future__ import annotations

from pathlib import Path

from machsh.ssh import arguments, client_config
from machsh.ssh.client_config import SshRoute
from machsh.ssh.errors import SSHError
from machsh.ssh.host_keys import SSH_PORT
from machsh.ssh.openssh import host_key_pairs, identity_pairs
from machsh.ssh.target import Target, quote
from machsh.validators import LINE


def host_block(alias: str, target: Target, home: Path) -> str:
    """Return the block that makes `ssh ALIAS` log in to the target with its key, its host key and no other.

    `home` is the user's home folder. Raises SSHError for a value that such a file cannot hold, and what
    `client_config.find` raises.
    """
    route = client_config.find(target, home)
    real = route.target
    pairs = [
        ("HostName", arguments.quoted(real.host.replace("%", "%%"))),
        ("User", arguments.quoted(real.user)),
        ("Port", str(real.port or SSH_PORT)),
        *host_key_pairs(real),
        *identity_pairs(real),
        *(_from_users_file(route) if real.uses_ssh_config else []),
    ]
    return "".join([f"Host {arguments.quoted(alias)}\n", *(f"    {name} {value}\n" for name, value in pairs)])


def _from_users_file(route: SshRoute) -> list[tuple[str, str]]:
    """Return what the user's own configuration says of the target: it does not know the alias."""
    pairs = [("ProxyCommand", _program(route.proxy))] if route.proxy else []
    if route.target.key_path is None:
        pairs += [("IdentityFile", arguments.quoted_file(key)) for key in route.keys if key.exists()]
    return pairs


def _program(words: tuple[str, ...]) -> str:
    line = quote(words).replace("%", "%%")
    if not LINE.accepts(line):
        raise SSHError("the ProxyCommand is not one line", hint="correct it in your ssh configuration")
    return line
