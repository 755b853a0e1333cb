"""The words that reach ssh, scp, sshfs and rsync: nothing from outside can become an option or a second word.

A user, a host or a path that these programs could take for something else is refused, or written so that
they cannot. Values of `-o` are quoted by the rules of OpenSSH's configuration files.
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
"""How a path begins that could be an option, or a host and a path."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def check(target: Target) -> Target:
    """The target itself, when its user and host can be words of a command line. Raises SSHError."""
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
    """`USER@HOST`, as ssh takes it. Raises SSHError."""
    check(target)
    return f"{target.user}@{target.host}"


def remote_path(target: Target, path: str) -> str:
    """`USER@HOST:PATH`, an IPv6 address in brackets. Raises SSHError."""
    check(target)
    return f"{target.user}@{bracketed(target.host)}:{as_name(whole(path))}"


def bracketed(host: str) -> str:
    """The host as it stands before a colon."""
    return f"[{host}]" if ":" in host else host


def local_path(path: str) -> str:
    """A path of this computer that no program takes for an option or for `HOST:PATH`. Raises SSHError."""
    is_drive = os.name == "nt" and _DRIVE.match(path)
    return f"./{path}" if _RISKY.match(whole(path)) and not is_drive else path


def as_name(path: str) -> str:
    """A path over there that is no option, and no module of an rsync daemon (`HOST::MODULE`)."""
    return f"./{path}" if path.startswith(("-", ":")) else path


def whole(text: str) -> str:
    """The text itself. Raises SSHError when it holds a NUL character, at which every program would cut it."""
    if "\0" in text:
        raise SSHError(f"{text!r} holds a NUL character", hint="leave it out: no path has one")
    return text


def options(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """`-o NAME=VALUE` for each pair; the values are quoted already where they need it."""
    return [word for name, value in pairs for word in ("-o", f"{name}={whole(value)}")]


def for_sshfs(words: Iterable[str]) -> list[str]:
    """Options as sshfs must get them: it cuts a value of `-o` at commas and takes backslashes away."""
    return [re.sub(r"[\\,]", r"\\\g<0>", word) for word in words]


def quoted(value: str) -> str:
    """A value of OpenSSH's configuration as one word. Raises SSHError for a line break."""
    if re.search(r"[\r\n]", whole(value)):
        raise SSHError(f"ssh cannot be given {value!r}: it holds a line break", hint="use a name without one")
    if _PLAIN.fullmatch(value):
        return value
    escaped = _SPECIAL.sub(r"\\\g<0>", value)
    return f'"{escaped}"'


def quoted_file(path: Path) -> str:
    """A file as a value: absolute, so that `~` and `none` mean nothing; `%` is doubled. Raises SSHError."""
    name = os.path.abspath(path)
    if "${" in name:
        raise SSHError(
            f"ssh cannot be given the file '{name}': it takes '${{' for a variable",
            hint="keep the machines in a folder without it: MACHINE_STORAGE_PATH",
        )
    return quoted(name.replace("%", "%%"))
