"""Every machine as a host of OpenSSH's: `ssh machsh-NAME`, editors, and docker's `ssh://machsh-NAME`.

The blocks are in a file of their own, which the user's configuration includes.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError, RefusedError
from machsh.files import PRIVATE_FILE, explain, make_private_folder, write_atomically
from machsh.machine.errors import NoSshError
from machsh.machine.reach import kept_socket
from machsh.regular_file import read_regular

if TYPE_CHECKING:
    from machsh.environment import Environment
    from machsh.machine.reach.machine_source import MachineSource

MARK = b"# Written by machsh ssh-config --write: what you change here is lost."
_STORE = "# The machines of {}"
_SETTING = re.compile(r"\s*(include|host|match)\s*[\s=]\s*(.*)", re.IGNORECASE)
_FOR_OURS = {"host": ("*", f"{kept_socket.PREFIX}*"), "match": ("all",)}
"""The sections of a configuration that hold for every machine's host."""


def blocks(machines: MachineSource, names: Sequence[str]) -> str:
    """Return the `Host` blocks of machines; one that ssh cannot reach is a comment with the reason."""
    return "\n".join(_block(machines, name) for name in names)


def _block(machines: MachineSource, name: str) -> str:
    from machsh.ssh.host_block import host_block

    alias = kept_socket.public_name(machines.store.folder, name)
    try:
        target = machines.get(name).driver.ssh_target()
        if target is None:
            raise NoSshError(name, machines.get(name).record.driver_name)
        return host_block(alias, target, machines.environment.home)
    except MachshError as error:
        # ascii() leaves nothing that could end the comment.
        return f"# {alias}: {ascii(str(error))[1:-1]}\n"


def default_file(environment: Environment) -> Path:
    """Return `~/.ssh/machsh_config`."""
    return environment.home / ".ssh" / "machsh_config"


def write(machines: MachineSource, file: Path) -> bool:
    """Write the blocks of all machines; return whether the file changed.

    Raises RefusedError if the file is not one of ours, or another store's, MachshError if it cannot be
    written.
    """
    head = _head(machines)
    if os.path.realpath(file) == os.path.realpath(users_file(machines.environment)):
        raise RefusedError(f"{file} is your own", hint="leave --file out, or name another file")
    had = _read(file)
    if had and not had.startswith(MARK):
        raise RefusedError(
            f"{file} is not machsh's", hint="name another file: ssh-config --write --file FILE"
        )
    if had and not had.startswith(head):
        raise RefusedError(
            f"{file} has the machines of another store",
            hint="name another file for this store: ssh-config --write --file FILE",
        )
    content = head + b"\n" + os.fsencode(blocks(machines, machines.names()))
    if content == had:
        return False
    make_private_folder(file.parent)
    write_atomically(file, content)
    return True


def rewrite(machines: MachineSource) -> None:
    """Bring the default file up to date if it has this store's machines. Raises MachshError."""
    file = default_file(machines.environment)
    if _read(file).startswith(_head(machines)):
        write(machines, file)


def _head(machines: MachineSource) -> bytes:
    store = ascii(os.path.realpath(machines.store.folder))
    return MARK + b"\n" + _STORE.format(store).encode() + b"\n"


def _read(file: Path) -> bytes:
    try:
        return read_regular(file)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise explain(error, file) from error


def users_file(environment: Environment) -> Path:
    """Return the user's configuration, `~/.ssh/config`."""
    return environment.home / ".ssh" / "config"


def include_line(file: Path) -> str:
    """Return the line that includes a file of blocks. Raises SSHError for a path that it cannot hold."""
    from machsh.ssh.arguments import quoted_file

    return f"Include {quoted_file(file)}"


def is_included(environment: Environment, file: Path) -> bool:
    """Whether the user's configuration includes the file for our hosts. Raises MachshError.

    A line in the section of other hosts, where it would hold for those alone, does not count.
    """
    text = _read(users_file(environment)).decode("utf-8", "replace")
    is_ours = True
    for match in filter(None, map(_SETTING.fullmatch, text.splitlines())):
        keyword, words = match[1].lower(), _words(match[2])
        if keyword != "include":
            is_ours = " ".join(words).lower() in _FOR_OURS[keyword]
        elif is_ours and any(_names_file(word, file, environment.home) for word in words):
            return True
    return False


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:  # ssh refuses such a line, too
        return []


def _names_file(word: str, file: Path, home: Path) -> bool:
    """Whether a word of an `Include` line names the file; it may have `*`."""
    word = word.replace("%%", "%")
    place = home / word[2:] if word.startswith("~/") else home / ".ssh" / word
    return place == file or (place.is_absolute() and file.match(str(place)))


def include(environment: Environment, file: Path) -> None:
    """Put the line at the top of the user's configuration, which otherwise stays byte for byte as it is.

    It must come first: below a `Host` line it would hold for that host alone. Raises MachshError.
    """
    config = users_file(environment)
    line = include_line(file)
    make_private_folder(config.parent)
    content = _read(config)
    try:
        real = config.resolve()  # it may be a link to where the user keeps such files
        mode = real.stat().st_mode & 0o7777 if real.exists() else PRIVATE_FILE
    except (OSError, RuntimeError) as error:
        raise MachshError(
            f"{config} cannot be followed: {error}", hint=f"add this line to it: {line}"
        ) from error
    write_atomically(real, os.fsencode(line) + b"\n" + content, mode)
