"""Resolves a target to its real host, keys and proxy, from the user's ssh configuration if requested."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from machsh.errors import DeadlineError, MachshError
from machsh.files import explain
from machsh.regular_file import read_regular
from machsh.ssh.arguments import check
from machsh.ssh.target import Target

DEFAULT = Target("")
CONFIG_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SshRoute:
    """How to connect to a target."""

    target: Target
    """The target with its real host, user and port."""
    keys: tuple[Path, ...]
    """Private keys to try, in order; missing files are skipped, except `target.key_path`."""
    proxy: tuple[str, ...] = ()
    """argv of a program whose input and output are the connection; empty to connect directly."""


def find(target: Target, home: Path) -> SshRoute:
    """Resolve a target; `home` is the user's home folder.

    Raises MachshError if the ssh configuration is invalid or cannot be read, and SSHError if the user, host
    or port is not safe on a command line.
    """
    check(target)
    if target.uses_ssh_config:
        return _configured(target, home)
    return SshRoute(target, _keys(target, home, []))


def login_user(host: str, user: str, home: Path) -> str:
    """Return the user that ssh would log in as: the configuration's for this host, else `user`.

    Raises what `find` raises.
    """
    target = Target(host, user)
    check(target)
    return _one(_read(target, home), "user") or user


def concerns(target: Target, home: Path) -> bool:
    """Whether the ssh configuration changes how this target is reached. Raises what `find` raises."""
    plain = find(replace(target, uses_ssh_config=False), home)
    configured = find(replace(target, uses_ssh_config=True), home)
    return (plain.keys, plain.proxy, str(plain.target)) != (
        configured.keys,
        configured.proxy,
        str(configured.target),
    )


def _keys(target: Target, home: Path, configured: list[str]) -> tuple[Path, ...]:
    from machsh.ssh.keys import DEFAULT_NAMES

    if target.key_path:
        return (target.key_path,)
    named = [Path(_tilde(name, home)) for name in configured]
    return tuple(named or [home / ".ssh" / name for name in DEFAULT_NAMES])


def _tilde(name: str, home: Path) -> str:
    return str(home / name[2:]) if name.startswith("~/") else name


def _configured(target: Target, home: Path) -> SshRoute:
    """Resolve by the ssh configuration. Values of the target that are not the default override it."""
    options = _read(target, home)
    real = replace(
        target,
        host=_one(options, "hostname") or target.host,
        user=target.user if target.user != DEFAULT.user else _one(options, "user") or target.user,
        port=target.port if target.port != DEFAULT.port else int(_one(options, "port") or target.port),
    )
    return SshRoute(real, _keys(target, home, options.get("identityfile", [])), _proxy(options, real))


def _one(options: dict[str, list[str]], name: str) -> str:
    return next(iter(options.get(name, [])), "")


def _proxy(options: dict[str, list[str]], target: Target) -> tuple[str, ...]:
    jump, command = _one(options, "proxyjump"), _one(options, "proxycommand")
    if jump and jump != "none":
        return _jump(jump.split(","), target)
    if command and command != "none":
        return ("sh", "-c", f"exec {_filled(command, target)}")
    return ()


def _jump(hops: list[str], target: Target) -> tuple[str, ...]:
    """Return the ssh command for a ProxyJump. It runs with the user's own keys, agent and known hosts."""
    via = ("-J", ",".join(hops[:-1])) if hops[:-1] else ()
    host, _, port = hops[-1].rpartition(":")
    last = ("-p", port, "--", host) if host and port.isdigit() else ("--", hops[-1])
    return ("ssh", *via, "-W", f"[{target.host}]:{target.port}", *last)


def _filled(command: str, target: Target) -> str:
    """Fill in the `%` tokens of the user's ProxyCommand. Raises MachshError for a value unsafe in a shell."""
    values = {"%h": target.host, "%p": str(target.port), "%r": target.user, "%n": target.host, "%%": "%"}
    if not all(re.fullmatch(r"[\w.:%@\[\]-]*", value, re.ASCII) for value in values.values()):
        raise MachshError(f"'{target.host}' cannot stand in a ProxyCommand", hint="use a plain host name")
    return re.sub(r"%[hprn%]", lambda mark: values[mark.group()], command)


def _read(target: Target, home: Path) -> dict[str, list[str]]:
    """Read the configuration for a host: with `ssh -G` if possible, because it handles Include and Match."""
    file = home / ".ssh" / "config"
    if not file.is_file():
        return {}
    if shutil.which("ssh") and os.name != "nt":
        return _by_ssh(target, file)
    from paramiko import SSHConfig

    found = SSHConfig.from_path(str(file)).lookup(target.host)
    return {name: value if isinstance(value, list) else [value] for name, value in found.items()}


def _by_ssh(target: Target, file: Path) -> dict[str, list[str]]:
    """Read the configuration with `ssh -G`.

    The target's user is appended to the file: ssh takes the first value, so one in the file takes precedence.
    """
    import subprocess

    tail = f"\nHost *\nUser {target.user}\nIdentityFile none\n"
    try:
        text = read_regular(file) + tail.encode()
        done = subprocess.run(
            ["ssh", "-G", "-F", "/dev/stdin", "--", target.host],
            input=text,
            capture_output=True,
            timeout=CONFIG_SECONDS,
            check=False,
        )
    except OSError as error:
        raise explain(error, file) from error
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(
            f"ssh did not read its configuration {file} within {CONFIG_SECONDS:g} s",
            hint="look for a program in it (Match exec) that does not end",
        ) from error
    if done.returncode:
        said = os.fsdecode(done.stderr).replace("/dev/stdin", str(file)).strip()
        raise MachshError(
            f"the ssh configuration {file} is not usable: {said}",
            hint="correct the file, or leave the ssh configuration out for this machine",
        )
    options: dict[str, list[str]] = {}
    for line in os.fsdecode(done.stdout).splitlines():
        name, _, value = line.partition(" ")
        options.setdefault(name, []).append(value)
    options["identityfile"] = [name for name in options.get("identityfile", []) if name != "none"]
    return options
