"""The version line, in a module without slow imports so that it is printed at once."""

from __future__ import annotations

import os

from machsh import __version__
from machsh.environment import Environment

COMPATIBLE = "0.16.2"
"""The docker-machine version that machsh replaces, reported under its name because programs compare it."""


def version_line(environment: Environment) -> str:
    """Return `machsh version 1.2, build ...`; the first word is the program's name as called."""
    return f"{base_name(environment)} version {version_and_build(environment)}"


def version_and_build(environment: Environment) -> str:
    """Return the version and build; under docker-machine's name its version, with machsh's as the build."""
    if environment.is_docker_machine:
        return f"{COMPATIBLE}, build machsh-{__version__}"
    return f"{__version__}, build docker-machine-{COMPATIBLE}"


def base_name(environment: Environment) -> str:
    """Return the program's name as called, without its folder."""
    if not environment.is_docker_machine:
        return environment.program
    return os.path.basename(environment.program_path)


def typed_line(environment: Environment) -> str:
    """Return the command line as typed, its words joined by blanks, for hints that repeat it."""
    program = environment.called_as
    if " " in program or "\\" in program:
        program = f'"{program}"'
    return " ".join((program, *environment.arguments))
