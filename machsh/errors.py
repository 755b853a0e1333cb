"""The failures machsh expects, and the exit codes they end in."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process of machsh ends with; docker's and a remote command's own codes pass unchanged."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    """Refused before anything was created or changed."""
    BUG = 70
    INTERRUPTED = 130


class MachshError(Exception):
    """An expected failure: one clear message, and a hint that names the remedy.

    `str(error)` is the message alone. The hint is shown below it, except when machsh is called as
    `docker-machine`.
    """

    code: int = ExitCode.FAILED
    docker_machine_code: int = ExitCode.FAILED
    """The exit code when called as docker-machine, which knows only 1 and, before a creation, 3."""

    def __init__(self, message: str, *, hint: str = "", code: int | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if code is not None:
            self.code = code


class UsageError(MachshError):
    """The words of a command are wrong: an unknown option, a missing name, a line that does not parse."""

    code = ExitCode.USAGE


class RefusedError(MachshError):
    """Refused before anything was created or changed."""

    code = ExitCode.REFUSED


class PreCreateError(RefusedError):
    """A driver's check before creating failed; nothing was saved."""

    docker_machine_code = ExitCode.REFUSED


class DeadlineError(MachshError):
    """Something did not answer within the time it was given."""


class InterruptedByUserError(MachshError):
    """The user pressed Ctrl-C and the work was stopped in good order."""

    code = ExitCode.INTERRUPTED


class MachineNotFoundError(MachshError):
    """No machine of that name is in the store."""

    def __init__(self, name: str, *, program: str = "machsh", hint: str = "") -> None:
        super().__init__(
            f'Docker machine "{name}" does not exist. Use "{program} ls" to list machines. '
            f'Use "{program} create" to add a new one.',
            hint=hint,
        )
        self.name = name


class MachineExistsError(RefusedError):
    """A machine of that name is already in the store."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'Docker machine "{name}" already exists',
            hint=f"choose another name, or remove it first: machsh rm {name}",
        )


class MachineNotRunningError(MachshError):
    """The operation needs a running machine (docker-machine's well-known text)."""

    def __init__(self, message: str = "Host is not running", *, hint: str = "") -> None:
        super().__init__(message, hint=hint or "start it first: machsh start NAME")


def is_write_error(error: OSError) -> bool:
    """Whether a stream could not be written: a full disk, a closed descriptor, a terminal that is gone.

    Errors about a file that is named are the caller's to explain.
    """
    import errno

    unwritable = (errno.ENOSPC, errno.EDQUOT, errno.EBADF, errno.EIO, errno.EFBIG)
    return error.filename is None and error.errno in unwritable
