"""Safe arguments for ssh, scp, sshfs and rsync: no outside value can be read as an option or as two words.

Users, hosts and paths that these programs could misread are refused, or rewritten (`./-x` for `-x`). Values
of `-o` are quoted by the rules of OpenSSH's configuration files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from machsh.ssh.errors import SSHError
from machsh.ssh.target import Target
from machsh.validators import ADDRESS, LINE, PORT, USER

NOTHING = "/dev/null"

_PLAIN = re.compile(r"[\w./:@+,=%-]+", re.ASCII)
_SPECIAL = re.compile(r"[\\\"']")
_RISKY = re.compile(r"-|[^/]*:")
"""Matches a path that could be read as an option or as `HOST:PATH`."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def check(target: Target) -> Target:
    """Return the target. Raises SSHError if its user, host or port is not safe on a command line."""
    if not target.user or not USER.accepts(target.user):
        raise SSHError(
            f"ssh cannot log in as {target.user!r}",
            hint="a user is letters, digits and . _ @ + -, and does not begin with a dash: "
            "correct SSHUser in the machine's config.json",
        )
    if not (target.host and ADDRESS.accepts(target.host) and LINE.accepts(target.host)):
        raise SSHError(
            f"ssh cannot go to the host {target.host!r}",
            hint="a host is a name or an address, and does not begin with a dash: "
            "correct IPAddress in the machine's config.json",
        )
    if not PORT.accepts(target.port):
        raise SSHError(f"{target.port} is no port of ssh", hint="ports are numbers from 1 to 65535")
    return target


def login(target: Target) -> str:
    """Return `USER@HOST`. Raises SSHError if either is not safe."""
    check(target)
    return f"{target.user}@{target.host}"


def remote_path(target: Target, path: str) -> str:
    """Return `USER@HOST:PATH`, with an IPv6 address in brackets. Raises SSHError if a part is not safe."""
    check(target)
    return f"{target.user}@{bracketed(target.host)}:{as_name(checked_text(path))}"


def bracketed(host: str) -> str:
    """Return the host in the form that can precede a colon: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def local_path(path: str) -> str:
    """Return a local path that cannot be read as an option or as `HOST:PATH`, with `./` before it if needed.

    Raises SSHError for a NUL character.
    """
    is_drive = os.name == "nt" and _DRIVE.match(path)
    return f"./{path}" if _RISKY.match(checked_text(path)) and not is_drive else path


def as_name(path: str) -> str:
    """Return a remote path that cannot be read as an option or as an rsync module (`HOST::MODULE`)."""
    return f"./{path}" if path.startswith(("-", ":")) else path


def checked_text(text: str) -> str:
    """Return the text. Raises SSHError if it contains a NUL character, where programs would truncate it."""
    if "\0" in text:
        raise SSHError(f"{text!r} holds a NUL character", hint="leave it out: no path has one")
    return text


def options(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return `-o NAME=VALUE` for each pair; values must already be quoted. Raises SSHError for a NUL."""
    return [word for name, value in pairs for word in ("-o", f"{name}={checked_text(value)}")]


def for_sshfs(words: Iterable[str]) -> list[str]:
    """Escape options for sshfs, which splits values of `-o` at commas and removes backslashes."""
    return [re.sub(r"[\\,]", r"\\\g<0>", word) for word in words]


def quoted(value: str) -> str:
    """Quote a value for OpenSSH's configuration, as one word. Raises SSHError for a line break or NUL."""
    if re.search(r"[\r\n]", checked_text(value)):
        raise SSHError(f"ssh cannot be given {value!r}: it holds a line break", hint="use a name without one")
    if _PLAIN.fullmatch(value):
        return value
    escaped = _SPECIAL.sub(r"\\\g<0>", value)
    return f'"{escaped}"'


def quoted_file(path: Path) -> str:
    """Quote a file's path for OpenSSH's configuration. Raises SSHError if it cannot be expressed.

    The path is made absolute, so that `~` and `none` have no special meaning, and `%` is doubled.
    """
    name = os.path.abspath(path)
    if "${" in name:
        raise SSHError(
            f"ssh cannot be given the file '{name}': it takes '${{' for a variable",
            hint="keep the machines in a folder without it: MACHINE_STORAGE_PATH",
        )
    return quoted(name.replace("%", "%%"))
