"""Resolves a timeout: a command's own `--timeout`, then MACHSH_TIMEOUT, then the default."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.validators import MOST_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machsh.commands.command import Context

VARIABLE = "MACHSH_TIMEOUT"
"""The environment variable that the global `--timeout` sets; users may set it too."""


def timeout_of(context: Context, default: float = 0) -> float:
    """Return seconds: the command's own `--timeout`, else the global one, else `default`.

    Raises UsageError for a negative number (not from docker-machine's `--timeout`) or an invalid variable.
    """
    if "timeout" in context.values.given:
        number = context.values.number("timeout")
        return number if context.environment.is_docker_machine else _checked(number, "--timeout")
    limit = limit_of(context.environment)
    return default if limit is None else limit


def limit_of(environment: Environment) -> float | None:
    """Return the global `--timeout` in seconds, None if it is not set. Raises UsageError."""
    text = environment.variable(VARIABLE)
    if text is None:
        return None
    from machsh.commands.flags import to_int

    try:
        number = to_int(text)
    except ValueError:
        raise UsageError(f"{VARIABLE} is not a number: {text!r}", hint="set it to seconds") from None
    return _checked(number, VARIABLE)


def _checked(number: float, name: str) -> float:
    if number < 0:
        raise UsageError(f"{name} is less than nothing: {number:g}", hint="give seconds; 0 is the default")
    return min(number, MOST_SECONDS)
