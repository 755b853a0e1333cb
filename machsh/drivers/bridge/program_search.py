"""Finds programs that serve drivers: `docker-machine-driver-NAME`, or one with drivers inside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from machsh.drivers.bridge.protocol import PROGRAM_PREFIX
from machsh.environment import Environment
from machsh.errors import RefusedError
from machsh.regular_file import open_regular

MACHINE_PROGRAMS = ("docker-machine", "rancher-machine")
"""Programs that have drivers inside, looked for on PATH in this order."""
INNER_DRIVERS = (
    "amazonec2", "azure", "digitalocean", "exoscale", "google", "hyperv", "openstack", "rackspace",
    "softlayer", "virtualbox", "vmwarefusion", "vmwarevcloudair", "vmwarevsphere",
)  # fmt: skip
"""The drivers inside docker-machine that are offered; the program itself says whether it has them."""
_SCRIPT = 4096
"""How many bytes of a script are read to see whether it is machsh's own `docker-machine`."""


@dataclass(frozen=True, slots=True)
class ProgramPlace:
    """A program that serves a driver, and the driver's name, by which the program is asked for it."""

    path: Path
    driver: str
    is_given: bool = False
    """Whether the user gave the path; the machine's record then remembers it."""


def find(name: str, environment: Environment, program: str = "") -> ProgramPlace | None:
    """Return where a driver is served, or None.

    `name` may be a program's absolute path; `program` is a program with drivers inside, given by the user or
    remembered in a record. Else PATH is searched, then the setting `driver_program`, then the programs with
    drivers inside on PATH. Raises RefusedError if a path that was given leads to no program.
    """
    if program:
        path = Path(environment.absolute(program))
        return ProgramPlace(_checked(path), driver_of(name), is_given=True)
    if os.sep in name:
        return ProgramPlace(_checked(Path(environment.absolute(name))), driver_of(name), is_given=True)
    own = _on_path(f"{PROGRAM_PREFIX}{name}", environment)
    if own:
        return ProgramPlace(own, name)
    inner = _with_drivers_inside(environment)
    # A name that no such program has is a slip of the pen: nobody is asked whether to run one for it.
    is_possible = name in INNER_DRIVERS or environment.driver_program
    return ProgramPlace(inner, name) if inner and name and is_possible else None


def names(environment: Environment) -> list[str]:
    """Return the names of the drivers that programs on PATH serve, without starting any of them."""
    found = {
        entry.removesuffix(".exe").removeprefix(PROGRAM_PREFIX)
        for folder in _folders(environment)
        for entry in _entries(folder)
        if entry.startswith(PROGRAM_PREFIX) and _is_usable(Path(folder, entry), environment)
    }
    if _with_drivers_inside(environment):
        found.update(INNER_DRIVERS)
    return sorted(found - {""})


def driver_of(name: str) -> str:
    """Return the name of a driver given by its name or by the path of its program."""
    return os.path.basename(name).removesuffix(".exe").removeprefix(PROGRAM_PREFIX)


def _with_drivers_inside(environment: Environment) -> Path | None:
    if environment.driver_program:
        return _checked(Path(environment.absolute(environment.driver_program)))
    return next(filter(None, (_on_path(one, environment) for one in MACHINE_PROGRAMS)), None)


def _checked(path: Path) -> Path:
    if not path.exists():
        raise RefusedError(f"{path}: no such program", hint="give the path of a driver's program")
    if not path.is_file():
        raise RefusedError(f"{path} is not a program", hint="give the path of a driver's program")
    if not os.access(path, os.X_OK):
        raise RefusedError(f"{path} is not executable", hint=f"chmod +x {path}")
    if _is_machsh(path, None):
        raise RefusedError(f"{path} is machsh itself", hint="give the path of another docker-machine")
    return path


def _on_path(file: str, environment: Environment) -> Path | None:
    for folder in _folders(environment):
        path = Path(folder, f"{file}.exe" if environment.platform == "win32" else file)
        if _is_usable(path, environment):
            return path
    return None


def _folders(environment: Environment) -> Iterator[str]:
    """Yield the folders of PATH, but no relative ones: what a folder holds is not run for being in it."""
    for folder in environment.variables.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder):
            yield folder


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_usable(path: Path, environment: Environment) -> bool:
    """Whether it is a program, and not machsh's own: that would start itself for ever."""
    return _is_program(path) and not _is_machsh(path, environment)


def _is_program(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except OSError:
        return False


def _is_machsh(path: Path, environment: Environment | None) -> bool:
    """Whether it is machsh itself, under a name of docker-machine or of a driver: a link, or a script."""
    try:
        if environment and os.path.samefile(path, environment.program_path):
            return True
    except OSError:
        pass
    try:
        with open_regular(path) as file:
            begin = file.read(_SCRIPT)
    except OSError:
        return False
    return begin.startswith(b"#!") and b"from machsh.cli" in begin
