"""One docker command that is carried out without the docker CLI."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.engine.endpoint import Endpoint
from machsh.engine.http import decode
from machsh.environment import Environment
from machsh.errors import MachshError

DOCKER_FAILED = 125
"""docker's code for `run` and `exec` that did not come to run."""


@dataclass(frozen=True, slots=True)
class SdkCall:
    """One command: the SDK's client, the parsed words, and where output goes."""

    client: Any
    flags: argparse.Namespace
    environment: Environment
    endpoint: Endpoint

    def say(self, text: str) -> None:
        """A line of output."""
        self.environment.stdout.write(text + "\n")

    def complain(self, text: str) -> None:
        """A line of error output."""
        self.environment.stderr.write(text + "\n")


def refusal(body: bytes, code: int) -> MachshError:
    """The error for an engine's refusal: its JSON's message, as docker prints it, else the whole text."""
    text = body.decode("utf-8", "replace").strip()
    with contextlib.suppress(MachshError, LookupError, TypeError):
        text = str(decode(body)["message"])
    return MachshError(f"Error response from daemon: {text}", code=code)


def for_each(call: SdkCall, work: Callable[[str], object], names: Sequence[str]) -> int:
    """Do something per name and print it, as docker does: go on after a failure, exit 1 in the end."""
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
