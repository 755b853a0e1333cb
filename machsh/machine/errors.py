"""Errors of the machine package, and helpers to prefix and combine them."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import MachshError

PREFIX = "Error getting migrated host: "
"""docker-machine's prefix for errors in a record."""


class BrokenRecordError(MachshError):
    """A machine's `config.json` cannot be read. Lists show the machine as one row with an error."""

    def __init__(self, name: str, message: str, *, hint: str = "") -> None:
        super().__init__(
            message,
            hint=hint
            or f"repair machines/{name}/config.json in the store, or forget the machine: machsh rm -f {name}",
        )
        self.name = name


class NoSshError(MachshError):
    """The machine's driver offers no ssh access."""

    def __init__(self, name: str, driver: str) -> None:
        super().__init__(
            f'"{name}" cannot be reached over ssh', hint=f"machines of the driver {driver} have no ssh"
        )


class SeveralError(MachshError):
    """Several machines failed: one line for each; the exit code is theirs if they all have the same."""

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
    """Raise the only error as it is, several as SeveralError; return if the list is empty."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralError(errors)


def prefixed(prefix: str, error: MachshError, *, hint: str = "") -> MachshError:
    """Return the error with `prefix: ` before its message; exit code and (unless given) hint are kept."""
    reported = MachshError(f"{prefix}: {error}", hint=hint or error.hint, code=error.code)
    reported.docker_machine_code = error.docker_machine_code
    return reported


def reason(error: BaseException, environment: Environment | None = None) -> MachshError:
    """Convert any exception to a MachshError; an OSError becomes `FILE: reason`.

    With an `environment`, an error in a plugin's code is told as the plugin's, with the place.
    """
    if isinstance(error, MachshError):
        return error
    if environment is not None:
        from machsh.plugin.blame import fault_of_plugin

        if fault := fault_of_plugin(error, environment):
            return fault
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return MachshError(f"{where}{(error.strerror or str(error)).lower()}")
    return MachshError(f"{type(error).__name__}: {error}")
