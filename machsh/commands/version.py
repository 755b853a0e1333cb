"""Our version line, apart from everything else so that it is printed at once."""

from __future__ import annotations

import os

from machsh import __version__
from machsh.environment import Environment

COMPATIBLE = "0.16.2"
"""The docker-machine that machsh stands in for: its number under its name, since programs compare it."""


def version_line(environment: Environment) -> str:
    """`machsh version 1.2, build ...`, the first word being the program as called."""
    return f"{base_name(environment)} version {version_and_build(environment)}"


def version_and_build(environment: Environment) -> str:
    """The number and what it was made from."""
    if environment.is_docker_machine:
        return f"{COMPATIBLE}, build machsh-{__version__}"
    return f"{__version__}, build docker-machine-{COMPATIBLE}"


def base_name(environment: Environment) -> str:
    """The program's name as called, without its folder."""
    if not environment.is_docker_machine:
        return environment.program
    return os.path.basename(environment.program_path)


def typed_line(environment: Environment) -> str:
    """The whole command line as typed, its words joined by blanks: hints repeat it."""
    program = environment.called_as
    if " " in program or "\\" in program:
        program = f'"{program}"'
    return " ".join((program, *environment.arguments))
