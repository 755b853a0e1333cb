"""The types shared by all users of this package: the ssh target, the command runner and its result."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Target:
    """The address and login of a machine for ssh."""

    host: str
    user: str = "root"
    port: int = 22
    key_path: Path | None = None
    """The private key file; None for the user's default keys."""
    known_hosts: Path | None = None
    """The file in which this machine's host key is pinned; None to accept any key."""
    uses_agent: bool = False
    """Whether to try the keys in the ssh agent."""
    uses_ssh_config: bool = False
    """Whether to apply the user's ssh configuration, for example ProxyJump."""
    machine: str = ""
    """The machine's name, for hints that name a command to run; "" for a host that is not a machine."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """`ssh://USER@HOST:PORT`, with an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ssh://{self.user}@{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Completed:
    """The exit code and output of a remote command."""

    code: int
    stdout: str
    stderr: str

    @property
    def is_good(self) -> bool:
        """Whether the exit code is 0."""
        return self.code == 0


class Runner(Protocol):
    """Runs commands on a machine, each with a time limit in seconds."""

    def run(self, words: Iterable[str], *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run one command, given as unquoted words. A non-zero exit code is returned, not raised.

        Raises DeadlineError after `seconds`, MachshError if the machine is unreachable.
        """

    def script(self, text: str, *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run a shell script with `sh -c`; otherwise like `run`. Insert values into it only with `quote`."""


def quote(words: Iterable[str]) -> str:
    """Quote words and join them into a shell command line. No other function may do that."""
    return shlex.join(words)
