"""The options between `@...` and the command: how a line runs on several machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from machsh.commands.flags import parse_flags
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.options import Kind, Option

AT_ONCE = 32
"""On how many machines a line runs at the same time unless the user says otherwise."""
OPTIONS = (
    Option("serial", "one machine after the other", Kind.BOOL),
    Option("parallel", "on how many machines at the same time", Kind.INT, AT_ONCE),
    Option("fail-fast", "start on no further machine once one has failed", Kind.BOOL),
    Option("group", "show at the end, and once, what several machines answer alike", Kind.BOOL),
)

NAMES = tuple(f"--{option.name}" for option in OPTIONS)


@dataclass(frozen=True, slots=True)
class FanOutOptions:
    """How a line runs on several machines."""

    at_once: int = AT_ONCE
    stops_at_failure: bool = False
    groups_answers: bool = False


def read_options(words: Sequence[str], environment: Environment) -> tuple[FanOutOptions, list[str]]:
    """Return the options at the front of `words`, and the words of the command. Raises UsageError."""
    if not words or not words[0].startswith("-"):
        return FanOutOptions(), list(words)
    values, rest = parse_flags(OPTIONS, words, environment)
    if values.flag("help"):
        raise UsageError("between @... and the command may stand " + ", ".join(NAMES))
    at_once = 1 if values.flag("serial") else values.number("parallel")
    if at_once < 1:
        raise UsageError(f"--parallel {at_once} runs on no machine", hint="give it a number from 1 on")
    return FanOutOptions(at_once, values.flag("fail-fast"), values.flag("group")), rest
