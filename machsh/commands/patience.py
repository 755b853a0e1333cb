"""How long the user wants a command to wait."""

from __future__ import annotations

from machsh.commands.arguments import to_int
from machsh.commands.command import Context
from machsh.errors import UsageError

VARIABLE = "MACHSH_TIMEOUT"
"""What the global `--timeout` stands in, and may be set by hand."""


def seconds(context: Context, default: float = 0) -> float:
    """The command's own `--timeout`, else the global one, else `default`. Raises UsageError."""
    if "timeout" in context.values.given:
        return context.values.number("timeout")
    text = context.environment.variable(VARIABLE)
    if text is None:
        return default
    try:
        return to_int(text)
    except ValueError:
        raise UsageError(f"{VARIABLE} is not a number: {text!r}", hint="set it to seconds") from None
