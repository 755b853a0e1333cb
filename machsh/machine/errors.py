"""Failures that only this room raises, and how one is told with its place before it."""

from __future__ import annotations

from machsh.errors import MachshError

PREFIX = "Error getting migrated host: "
"""docker-machine's words before what is wrong with a record."""


class BrokenRecordError(MachshError):
    """A machine's `config.json` cannot be read; the machine is one bad row, never the end of a list."""

    def __init__(self, name: str, message: str, *, hint: str = "") -> None:
        super().__init__(
            message,
            hint=hint
            or f"repair machines/{name}/config.json in the store, or forget the machine: machsh rm -f {name}",
        )
        self.name = name


class NoSshError(MachshError):
    """Machines of this driver are not reached over ssh at all."""

    def __init__(self, name: str, driver: str) -> None:
        super().__init__(
            f'"{name}" cannot be reached over ssh', hint=f"machines of the driver {driver} have no ssh"
        )


class SeveralError(MachshError):
    """More than one machine failed: one line each."""

    def __init__(self, errors: list[MachshError]) -> None:
        hints = dict.fromkeys(error.hint for error in errors if error.hint)
        codes = {int(error.code) for error in errors}
        super().__init__(
            "\n".join(str(error) for error in errors),
            hint="\n".join(hints),
            code=codes.pop() if len(codes) == 1 else None,
        )
        self.errors = errors


def raise_all(errors: list[MachshError]) -> None:
    """Raise nothing, the one error, or all of them as one."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralError(errors)


def prefixed(prefix: str, error: MachshError, *, hint: str = "") -> MachshError:
    """The same failure with docker-machine's words before it; code and remedy stay."""
    reported = MachshError(f"{prefix}: {error}", hint=hint or error.hint, code=error.code)
    reported.docker_machine_code = error.docker_machine_code
    return reported


def reason(error: BaseException) -> MachshError:
    """Any failure as ours: a system's error says what the system said."""
    if isinstance(error, MachshError):
        return error
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return MachshError(f"{where}{(error.strerror or str(error)).lower()}")
    return MachshError(f"{type(error).__name__}: {error}")
