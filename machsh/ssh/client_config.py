"""Where a target really is: as it stands, or by the user's ssh configuration when the target asks for it."""

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
    """The way to a target."""

    target: Target
    """With host, user and port as they are to be used."""
    keys: tuple[Path, ...]
    """Private keys to try, in order; those that do not exist are passed over unless the target named them."""
    proxy: tuple[str, ...] = ()
    """A program whose input and output are the connection, as words."""


def find(target: Target, home: Path) -> SshRoute:
    """The way to a target; `home` is the user's home folder.

    Raises MachshError when the configuration is bad, or when user or host could be taken for an option.
    """
    check(target)
    if target.uses_ssh_config:
        return _configured(target, home)
    return SshRoute(target, _keys(target, home, []))


def _keys(target: Target, home: Path, configured: list[str]) -> tuple[Path, ...]:
    from machsh.ssh.keys import DEFAULT_NAMES

    if target.key_path:
        return (target.key_path,)
    named = [Path(_tilde(name, home)) for name in configured]
    return tuple(named or [home / ".ssh" / name for name in DEFAULT_NAMES])


def _tilde(name: str, home: Path) -> str:
    return str(home / name[2:]) if name.startswith("~/") else name


def _configured(target: Target, home: Path) -> SshRoute:
    """What the target says wins over the configuration, except where it only says the default."""
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
    """The user's ssh makes the hops: their keys, agents and pinned hosts are the user's own affair."""
    via = ("-J", ",".join(hops[:-1])) if hops[:-1] else ()
    host, _, port = hops[-1].rpartition(":")
    last = ("-p", port, "--", host) if host and port.isdigit() else ("--", hops[-1])
    return ("ssh", *via, "-W", f"[{target.host}]:{target.port}", *last)


def _filled(command: str, target: Target) -> str:
    """The user's own shell line with its marks filled in; a name that could end a word is refused."""
    values = {"%h": target.host, "%p": str(target.port), "%r": target.user, "%n": target.host, "%%": "%"}
    if not all(re.fullmatch(r"[\w.:%@\[\]-]*", value, re.ASCII) for value in values.values()):
        raise MachshError(f"'{target.host}' cannot stand in a ProxyCommand", hint="use a plain host name")
    return re.sub(r"%[hprn%]", lambda mark: values[mark.group()], command)


def _read(target: Target, home: Path) -> dict[str, list[str]]:
    """The configuration for one host, by ssh itself where there is one: it knows Include and Match."""
    file = home / ".ssh" / "config"
    if not file.is_file():
        return {}
    if shutil.which("ssh") and os.name != "nt":
        return _by_ssh(target, file)
    from paramiko import SSHConfig

    found = SSHConfig.from_path(str(file)).lookup(target.host)
    return {name: value if isinstance(value, list) else [value] for name, value in found.items()}


def _by_ssh(target: Target, file: Path) -> dict[str, list[str]]:
    """Ask `ssh -G`; the target's user stands behind the file, so that only a written one replaces it."""
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
