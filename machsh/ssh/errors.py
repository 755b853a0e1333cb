"""What goes wrong on the way to a machine: each its own error with its own remedy."""

from __future__ import annotations

from pathlib import Path

from machsh.errors import MachshError


class SSHError(MachshError):
    """Something on the way to a machine failed."""


class SshUnreachableError(SSHError):
    """Nobody answers there, or what answers does not speak ssh."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(
            f"cannot reach {target} over ssh: {reason}",
            hint="check that the machine runs and that its ssh port can be reached from this computer",
        )
        self.reason = reason


class ConnectionLostError(SSHError):
    """The connection broke while a command ran; whether it ended over there is unknown."""

    def __init__(self, target: str, what: str) -> None:
        super().__init__(
            f"the connection to {target} was lost during: {what}",
            hint="look whether the machine still runs, then run the command again",
        )


class KeyRefusedError(SSHError):
    """The host does not let any of our keys in."""

    def __init__(self, target: str, user: str, tried: list[str]) -> None:
        names = ", ".join(tried) or "no key: none was given and none was found"
        super().__init__(
            f"{target} refused the key ({names})",
            hint=f"add its .pub line to ~/.ssh/authorized_keys of {user} over there, or use another key",
        )
        self.tried = tried


class KeyFileError(SSHError):
    """A file that should hold a private key does not; trying again cannot help."""


class PassphraseError(SSHError):
    """The passphrase does not open the key."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"the passphrase of '{path}' is wrong",
            hint="run the command again with the right one, or load the key into an agent: ssh-add",
        )


class HostKeyChangedError(SSHError):
    """The host shows another key than the one pinned at first contact."""

    def __init__(self, target: str, pinned: str, shown: str, remedy: str) -> None:
        super().__init__(
            f"the host key of {target} has changed: pinned {pinned}, now {shown}",
            hint=f"somebody may be listening in. If the host was really made anew: {remedy}",
        )
        self.pinned = pinned
        self.shown = shown


class AnswerTooLongError(SSHError):
    """A command of ours printed more than any answer to it needs."""

    def __init__(self, target: str, what: str, limit: int) -> None:
        super().__init__(
            f"{what} on {target}: it printed more than {limit >> 20} MiB and was hung up on",
            hint="look at what runs there in its place, for instance in the files that a login reads",
        )
