"""The context of a docker command run through the SDK, and helpers for its messages."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.engine.endpoint import Endpoint
from machsh.engine.http import message_in
from machsh.environment import Environment
from machsh.errors import MachshError

DOCKER_FAILED = 125
"""docker's exit code when `run` or `exec` could not start the command."""


@dataclass(frozen=True, slots=True)
class SdkCall:
    """A docker command to run: the SDK's client, the parsed options, and where output goes."""

    client: Any
    flags: argparse.Namespace
    environment: Environment
    endpoint: Endpoint

    def say(self, text: str) -> None:
        """Write a line to standard output."""
        self.environment.stdout.write(text + "\n")

    def complain(self, text: str) -> None:
        """Write a line to standard error."""
        self.environment.stderr.write(text + "\n")


def filters_of(flags: argparse.Namespace) -> dict[str, list[str]]:
    """Return the values of `--filter` by key; a key may come several times."""
    filters: dict[str, list[str]] = {}
    for key, value in flags.filter:
        filters.setdefault(key, []).append(value)
    return filters


def refusal(body: bytes, code: int) -> MachshError:
    """Return docker's error for a refused request: the `message` in its JSON body, else the whole body."""
    return MachshError(f"Error response from daemon: {message_in(body)}", code=code)


def for_each(call: SdkCall, work: Callable[[str], object], names: Sequence[str]) -> int:
    """Call `work` with each name and print the name, as docker does.

    Errors of the engine are printed and the loop continues. Return 1 if there were any, else 0.
    """
    from docker import errors

    code = 0
    for name in names:
        try:
            work(name)
            call.say(name)
        except errors.APIError as error:
            call.complain(f"Error response from daemon: {error.explanation or error}")
            code = 1
    return code
