"""Asking the docker CLI about itself: help texts and completions, each with a deadline."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machsh.engine.endpoint import DOCKER_VARIABLES

NOWHERE = "unix:///dev/null/no-engine"
"""`--help` asks the engine first and hides what that one is too old for; this one answers at once: nobody."""

HELP_SECONDS = 10.0
COMPLETE_SECONDS = 1.5

_ERROR = 1
"""The bit of a completion's directive (cobra's ShellCompDirective) that tells of an error."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What `docker __complete` answers: values with descriptions, and a directive."""

    values: tuple[tuple[str, str], ...] = ()
    directive: int = 0

    @property
    def is_live(self) -> bool:
        """Asked without an engine: an error means that it would have asked one."""
        return bool(self.directive & _ERROR)


def without_engine(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables for questions about the CLI itself. DOCKER_CONFIG stays, for its plugins are meant too."""
    changed = {name: value for name, value in variables.items() if name not in DOCKER_VARIABLES}
    return {**changed, "DOCKER_HOST": NOWHERE, "DOCKER_CLI_HINTS": "false"}


def help_text(program: str, path: Sequence[str], variables: Mapping[str, str]) -> str:
    """The text of `docker PATH --help`; empty when it fails or takes too long."""
    return _output([program, *path, "--help"], without_engine(variables), HELP_SECONDS)


def version_text(program: str, variables: Mapping[str, str]) -> str:
    """The line of `docker --version`; empty when it fails."""
    return _output([program, "--version"], without_engine(variables), HELP_SECONDS).strip()


def complete(
    program: str, words: Sequence[str], variables: Mapping[str, str], seconds: float = COMPLETE_SECONDS
) -> Completion | None:
    """What `docker __complete WORDS` offers, the last word being the one to complete; None without an answer.

    With the variables of an endpoint it asks that engine; killed after `seconds`.
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
            start_new_session=True,  # Ctrl-C at the prompt is not meant for it
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
