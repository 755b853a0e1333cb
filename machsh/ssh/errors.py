"""Errors of ssh connections, each with a hint that names its remedy."""

from __future__ import annotations

from pathlib import Path

from machsh.errors import MachshError
from machsh.ssh.target import Target


class SSHError(MachshError):
    """Base class of the ssh errors."""


class SshUnreachableError(SSHError):
    """The host does not answer, or does not speak ssh."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(
            f"cannot reach {target} over ssh: {reason}",
            hint="check that the machine runs and that its ssh port can be reached from this computer",
        )
        self.reason = reason


class ConnectionLostError(SSHError):
    """The connection broke while a command ran; the command may still be running on the machine."""

    def __init__(self, target: str, what: str) -> None:
        super().__init__(
            f"the connection to {target} was lost during: {what}",
            hint="look whether the machine still runs, then run the command again",
        )


class NoSocketError(SSHError):
    """A socket on the host is missing, or the ssh user (`user`) may not open it."""

    def __init__(self, target: Target, path: str, user: str = "") -> None:
        name = target.machine or "NAME"
        if user:
            super().__init__(
                f"{user} may not open {path} on {target.host}",
                hint=f"make it a member of the socket's group: machsh provision {name}",
            )
        else:
            super().__init__(
                f"nothing listens at {path} on {target.host}",
                hint=f"start the engine: machsh ssh {name} sudo systemctl start docker",
            )


class NoSessionError(SSHError):
    """A host whose sshd forwards no sockets runs as many commands as it allows."""

    def __init__(self, target: Target) -> None:
        super().__init__(
            f"the sshd of {target.host} forwards no sockets and has no session left for docker",
            hint="in its settings: AllowStreamLocalForwarding yes, or a higher MaxSessions",
        )


class KeyRefusedError(SSHError):
    """The host accepts none of our keys."""

    def __init__(self, target: str, user: str, tried: list[str]) -> None:
        names = ", ".join(tried) or "no key: none was given and none was found"
        super().__init__(
            f"{target} refused the key ({names})",
            hint=f"add its .pub line to ~/.ssh/authorized_keys of {user} over there, or use another key"
            if tried
            else f"name {user}'s private key with `--ssh-key FILE` (adopt) or `--generic-ssh-key FILE` "
            "(create), or load it: ssh-add FILE",
        )
        self.tried = tried


class KeyFileError(SSHError):
    """A file holds no usable private key; retrying is pointless."""


class PassphraseError(SSHError):
    """The passphrase of a private key is wrong."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"the passphrase of '{path}' is wrong",
            hint="run the command again with the right one, or load the key into an agent: ssh-add",
        )


class HostKeyChangedError(SSHError):
    """The host's key is not the one pinned at first contact."""

    def __init__(self, target: str, pinned: str, shown: str, remedy: str) -> None:
        super().__init__(
            f"the host key of {target} has changed: pinned {pinned}, now {shown}",
            hint=f"somebody may be listening in. If the host was really made anew: {remedy}",
        )
        self.pinned = pinned
        self.shown = shown


class AnswerTooLongError(SSHError):
    """A command printed more than the output limit."""

    def __init__(self, target: str, what: str, limit: int) -> None:
        super().__init__(
            f"{what} on {target}: it printed more than {limit >> 20} MiB and was hung up on",
            hint="look at what runs there in its place, for instance in the files that a login reads",
        )
