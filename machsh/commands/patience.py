"""Resolves a timeout: a command's own `--timeout`, then MACHSH_TIMEOUT, then the default."""

from __future__ import annotations

from machsh.commands.arguments import to_int
from machsh.commands.command import Context
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.validators import MOST_SECONDS

VARIABLE = "MACHSH_TIMEOUT"
"""What the global `--timeout` stands in, and may be set by hand."""


def seconds(context: Context, default: float = 0) -> float:
    """The command's own `--timeout`, else the global one, else `default`. Raises UsageError."""
    if "timeout" in context.values.given:
        return min(context.values.number("timeout"), MOST_SECONDS)
    limit = limit_of(context.environment)
    return default if limit is None else limit


def limit_of(environment: Environment) -> float | None:
    """The global `--timeout`; None without one. Raises UsageError."""
    text = environment.variable(VARIABLE)
    if text is None:
        return None
    try:
        return min(to_int(text), MOST_SECONDS)
    except ValueError:
        raise UsageError(f"{VARIABLE} is not a number: {text!r}", hint="set it to seconds") from None
