"""Where ssh goes, what it runs and what came back: the words every user of this room shares."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Target:
    """How a machine is reached over ssh."""

    host: str
    user: str = "root"
    port: int = 22
    key_path: Path | None = None
    """Private key; None leaves it to the agent and the user's default keys."""
    known_hosts: Path | None = None
    """File that pins this machine's host key at first contact; None pins nothing."""
    uses_agent: bool = False
    uses_ssh_config: bool = False
    """Honour the user's ssh configuration (ProxyJump and the like)."""
    machine: str = ""
    """The machine's name, for texts that name the command to run; empty for a host that is none."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Completed:
    """What a remote command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def is_good(self) -> bool:
        """Whether it exited with 0."""
        return self.code == 0


class Runner(Protocol):
    """Does things on a machine. Every call has a deadline in seconds."""

    def run(self, words: Iterable[str], *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run one command given as words (quoted by us). A non-zero exit is returned, not raised.

        Raises DeadlineError when it takes longer, MachshError when the machine cannot be reached.
        """

    def script(self, text: str, *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Run a shell script of ours with `sh`; values go in through `quote`, never by joining strings."""


def quote(words: Iterable[str]) -> str:
    """Join words into one remote command line: the only place where that happens."""
    return shlex.join(words)
