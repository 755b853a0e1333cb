"""Expected errors and their exit codes."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of machsh; exit codes of docker and of remote commands are passed through."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    """Refused before anything was created or changed."""
    BUG = 70
    INTERRUPTED = 130


FOREIGN = (Exception, SystemExit)
"""What the code of plugins may raise: its `sys.exit` must not end machsh. KeyboardInterrupt is the user's."""


class MachshError(Exception):
    """Base class of all expected errors: a message, and a hint that names the remedy.

    `str(error)` is the message alone. The hint is shown below it, except when machsh is started as
    `docker-machine`.
    """

    code: int = ExitCode.FAILED
    docker_machine_code: int = ExitCode.FAILED
    """The exit code when started as docker-machine: 1, or 3 for a failed pre-create check."""

    def __init__(self, message: str, *, hint: str = "", code: int | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if code is not None:
            self.code = code


class UsageError(MachshError):
    """Invalid command line: an unknown option, a missing name, a line that does not parse."""

    code = ExitCode.USAGE


class RefusedError(MachshError):
    """The operation was refused before it created or changed anything."""

    code = ExitCode.REFUSED


class PreCreateError(RefusedError):
    """A driver's pre-create check failed; nothing was saved."""

    docker_machine_code = ExitCode.REFUSED


class DeadlineError(MachshError):
    """An operation did not finish before its deadline."""


class InterruptedByUserError(MachshError):
    """The user pressed Ctrl-C and the operation was stopped cleanly."""

    code = ExitCode.INTERRUPTED


class MachineNotFoundError(MachshError):
    """The store has no machine of that name."""

    def __init__(self, name: str, *, program: str = "machsh", hint: str = "") -> None:
        if name.startswith("@"):
            hint = f"it takes the name of one machine; for each of many: machsh -c '{name} COMMAND'"
        super().__init__(
            f'Docker machine "{name}" does not exist. Use "{program} ls" to list machines. '
            f'Use "{program} create" to add a new one.',
            hint=hint,
        )
        self.name = name


class MachineExistsError(RefusedError):
    """The store already has a machine of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'Docker machine "{name}" already exists',
            hint=f"choose another name, or remove it first: machsh rm {name}",
        )


class MachineNotRunningError(MachshError):
    """The operation needs a running machine. The default message is docker-machine's."""

    def __init__(self, message: str = "Host is not running", *, hint: str = "") -> None:
        super().__init__(message, hint=hint or "start it first: machsh start NAME")


def is_write_error(error: OSError) -> bool:
    """Whether writing to a stream failed: full disk, closed descriptor, or a terminal that has gone away.

    False for errors that name a file: the caller explains those.
    """
    import errno

    unwritable = (errno.ENOSPC, errno.EDQUOT, errno.EBADF, errno.EIO, errno.EFBIG)
    return error.filename is None and error.errno in unwritable
