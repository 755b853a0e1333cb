"""Errors of our drivers as the one text that docker-machine shows its user: the remedy is in it."""

from __future__ import annotations

import re

from machsh.errors import MachineNotRunningError, MachshError

COMMANDS = (
    "active", "config", "create", "env", "inspect", "ip", "kill", "ls", "mount", "provision",
    "regenerate-certs", "restart", "rm", "scp", "ssh", "start", "status", "stop", "upgrade", "url",
)  # fmt: skip
"""docker-machine's commands; what machsh has besides is named as machsh's."""
_OURS = re.compile(rf"\bmachsh (?=(?:{'|'.join(COMMANDS)})(?![\w-]))")
_TIMEOUT = re.compile(r"--timeout (?=SECONDS)")
TIMEOUT = "the variable MACHSH_TIMEOUT="


def text_of(error: MachshError) -> str:
    """Return message and remedy, in docker-machine's terms and in one line if the message is one.

    docker-machine knows `MachineNotRunningError` by its bare text.
    """
    text = str(error)
    if isinstance(error, MachineNotRunningError) or not error.hint:
        return text
    hint = " ".join(error.hint.split())
    return f"{text} ({_TIMEOUT.sub(TIMEOUT, _OURS.sub('docker-machine ', hint))})"
