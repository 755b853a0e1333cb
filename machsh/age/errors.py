"""Why an encrypted file cannot be read."""

from __future__ import annotations

from machsh.errors import MachshError


class DamagedFileError(MachshError):
    """The file was cut or changed after it was written."""

    def __init__(self) -> None:
        super().__init__(
            "The archive is damaged: it was cut or changed after it was written",
            hint="nothing was restored; fetch the file again, or take another copy",
        )


class WrongKeyError(MachshError):
    """No key that was given opens the file."""

    def __init__(self, *, by_passphrase: bool) -> None:
        if by_passphrase:
            super().__init__("The passphrase is wrong", hint="nothing was restored; try again")
        else:
            super().__init__(
                "The archive is encrypted for other keys", hint="name the private key's file: --identity FILE"
            )
