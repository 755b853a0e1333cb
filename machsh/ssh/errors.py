"""What goes wrong on the way to a machine: each its own error with its own remedy."""

from __future__ import annotations

from pathlib import Path

from machsh.errors import MachshError


class SSHError(MachshError):
    """Something on the way to a machine failed."""


class UnreachableError(SSHError):
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


class PassphraseError(SSHError):
    """The passphrase does not open the key."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"the passphrase of '{path}' is wrong",
            hint="run the command again with the right one, or load the key into an agent: ssh-add",
        )


class HostKeyChangedError(SSHError):
    """The host shows another key than the one pinned at first contact."""

    def __init__(self, target: str, pinned: str, shown: str, place: str) -> None:
        super().__init__(
            f"the host key of {target} has changed: pinned {pinned}, now {shown}",
            hint="somebody may be listening in. If the host was really made anew, forget the old key: "
            f"remove {place}",
        )
        self.pinned = pinned
        self.shown = shown


class RootRefusedError(SSHError):
    """The user may not become root without a password."""

    def __init__(self, user: str, target: str) -> None:
        super().__init__(
            f"{user} may not become root on {target} without a password",
            hint=f"allow it there: echo '{user} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/{user}",
        )
