"""Runs the docker CLI for its help texts and completions, with a time limit for each call."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machsh.engine.endpoint import DOCKER_VARIABLES

NOWHERE = "unix:///dev/null/no-engine"
"""A DOCKER_HOST that fails at once. A real engine would delay `--help`, and hide what it is too old for."""

HELP_SECONDS = 10.0
COMPLETE_SECONDS = 1.5

_ERROR = 1
"""The error bit in a completion's directive (cobra's ShellCompDirectiveError)."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The output of `docker __complete`: (value, description) pairs, and cobra's directive."""

    values: tuple[tuple[str, str], ...] = ()
    directive: int = 0

    @property
    def is_live(self) -> bool:
        """Whether the completion failed. Without an engine that means: only an engine knows the values."""
        return bool(self.directive & _ERROR)


def without_engine(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for calls that need no engine. DOCKER_CONFIG is kept, because it has plugins."""
    changed = {name: value for name, value in variables.items() if name not in DOCKER_VARIABLES}
    return {**changed, "DOCKER_HOST": NOWHERE, "DOCKER_CLI_HINTS": "false"}


def help_text(program: str, path: Sequence[str], variables: Mapping[str, str]) -> str:
    """Return the output of `docker PATH --help`; "" if it cannot be run or takes more than HELP_SECONDS."""
    return _output([program, *path, "--help"], without_engine(variables), HELP_SECONDS)


def version_text(program: str, variables: Mapping[str, str]) -> str:
    """Return the line that `docker --version` prints; "" if it cannot be run or takes too long."""
    return _output([program, "--version"], without_engine(variables), HELP_SECONDS).strip()


def complete(
    program: str, words: Sequence[str], variables: Mapping[str, str], seconds: float = COMPLETE_SECONDS
) -> Completion | None:
    """Run `docker __complete WORDS` to complete the last word; return None if it gives no valid answer.

    `variables` decide whether an engine is asked, and which one. The process is killed after `seconds`.
    """
    text = _output([program, "__complete", *words], variables, seconds)
    lines = text.splitlines()
    if not lines or not lines[-1].startswith(":") or not lines[-1][1:].isdigit():
        return None
    pairs = (line.partition("\t") for line in lines[:-1] if not line.startswith("_activeHelp_"))
    return Completion(tuple((value, help) for value, _, help in pairs if value), int(lines[-1][1:]))


def _output(words: Sequence[str], variables: Mapping[str, str], seconds: float) -> str:
    try:
        done = subprocess.run(
            list(words),
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            start_new_session=True,  # Ctrl-C at the prompt must not reach it
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
