"""Where an engine to adopt is: its URL, and what opens it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from machsh.engine.endpoint import TlsPaths
from machsh.errors import UsageError
from machsh.ssh.target import Target
from machsh.validators import ADDRESS, PATH, PORT, USER, Rule

SSH = "ssh://"
_FORM = "ssh://[USER@]HOST[:PORT][/PATH/OF/THE/ENGINE'S.sock]"
_PARTS = re.compile(
    r"ssh://(?:(?P<user>[^@/]*)@)?(?P<host>\[[^\]/]*\]|[^:/\[\]]*)(?::(?P<port>[0-9]{1,5}))?(?P<socket>/.*)?"
)


@dataclass(frozen=True, slots=True)
class EngineSource:
    """An engine that runs somewhere, and the files that open it."""

    url: str
    """`tcp://HOST:PORT`, `unix:///PATH`, or `ssh://[USER@]HOST[:PORT][/PATH]`; PATH is its socket there."""
    tls: TlsPaths | None = None
    """The TLS client's files, for tcp."""
    ssh_key: Path | None = None
    """The private key, for ssh; None for the agent and the default keys."""
    uses_agent: bool = False
    """Whether the agent's keys are tried beside `ssh_key`."""
    uses_ssh_config: bool = False
    """Whether to honour the user's ssh configuration although it says nothing of the host now."""


@dataclass(frozen=True, slots=True)
class SshAddress:
    """The parts of an `ssh://` URL; those that it lacks are empty or 0."""

    host: str
    user: str = ""
    port: int = 0
    socket: str = ""
    """The path of the engine's socket on the host."""

    def target(self, machine: str) -> Target:
        """Return the target without keys; what the URL lacks is port 22 and `root`."""
        return Target(self.host, self.user or "root", self.port or 22, machine=machine)


def parse_ssh(url: str) -> SshAddress:
    """Split an `ssh://` URL. Raises UsageError."""
    found = _PARTS.fullmatch(url)
    if found is None:
        raise _wrong(url, "it is not of that form")
    user, host = found["user"] or "", found["host"].strip("[]")
    socket = (found["socket"] or "").rstrip("/")
    if ":" in user:
        raise UsageError("an ssh URL takes no password", hint="leave it out: log in with a key")
    port = int(found["port"] or 0)
    parts: tuple[tuple[Rule, str | int], ...] = ((USER, user), (ADDRESS, host), (PORT, port), (PATH, socket))
    for rule, value in parts:
        if not rule.accepts(value):
            raise _wrong(url, f"{value!r} is not {rule.words}")
    if not host:
        raise _wrong(url, "it names no host")
    return SshAddress(host, user, port, socket)


def _wrong(url: str, reason: str) -> UsageError:
    return UsageError(f"{url!r} cannot be reached over ssh: {reason}", hint=f"the form is {_FORM}")
