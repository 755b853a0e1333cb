"""Handlers that install machsh under names that other programs look for, and serve its drivers to them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from machsh.commands.command import Context
from machsh.commands.served_program import MARK as DRIVER_MARK
from machsh.commands.served_program import program_text, serve, windows_text
from machsh.environment import DOCKER_MACHINE
from machsh.errors import MachshError, RefusedError
from machsh.output.results import Exit, Text

_ALIAS_MARK = "# docker-machine, played by machsh"


def install_alias(context: Context) -> Text:
    """Write a script `docker-machine`, which runs this machsh, into a folder.

    Raises RefusedError if something else has that name, unless `--force` is given.
    """
    content = _windows_alias() if _is_windows(context) else _alias()
    place, note = _install(context, context.words[0], DOCKER_MACHINE, content, _ALIAS_MARK)
    return Text(f"{place} runs machsh now.{note}")


def install_driver(context: Context) -> Text:
    """Write the program `docker-machine-driver-NAME`, which serves the driver, into a folder.

    Raises RefusedError for a driver that does not exist or that docker-machine would not look for, and if
    something else has that name, unless `--force` is given.
    """
    from machsh.drivers.bridge.protocol import PROGRAM_PREFIX

    name, folder = context.words
    _check_driver(name, context)
    content = windows_text(name) if _is_windows(context) else program_text(name)
    place, note = _install(context, folder, PROGRAM_PREFIX + name, content, DRIVER_MARK)
    return Text(f"{place} serves the driver now: docker-machine create -d {name} NAME{note}")


def serve_driver(context: Context) -> Exit:
    """Serve a driver to the program that started this one. Raises MachshError."""
    return Exit(serve(context.words[0], context.environment, context.catalog))


def _check_driver(name: str, context: Context) -> None:
    from machsh.drivers.bridge.protocol import CORE_DRIVERS
    from machsh.drivers.capabilities import OWN_PREFIX
    from machsh.drivers.registry import DriverNotFoundError, find_own, own_names

    if find_own(name, context.catalog) is None:
        raise DriverNotFoundError(name, own_names(context.catalog))
    if name in CORE_DRIVERS:
        raise RefusedError(
            f'docker-machine has a driver "{name}" itself, and would never look for this one',
            hint=f"give it another name: machsh install-driver {OWN_PREFIX}{name} {context.words[1]}",
        )


def _install(context: Context, given: str, name: str, content: str, mark: str) -> tuple[Path, str]:
    """Write a program; return its path, and a note if its folder is not on the PATH."""
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise MachshError(
            f"{folder} is not a folder", hint="name a folder of your PATH, such as ~/.local/bin"
        )
    place = folder / (f"{name}.cmd" if _is_windows(context) else name)
    if os.path.lexists(place) and not context.values.flag("force") and not _has_mark(place, mark):
        raise RefusedError(f"{place} exists already", hint=f"{context.command.name} --force replaces it")
    _write(place, content)
    is_found = str(folder) in context.environment.variables.get("PATH", "").split(os.pathsep)
    return place, "" if is_found else f"\n{folder} is not on your PATH yet."


def _is_windows(context: Context) -> bool:
    return context.environment.platform == "win32"


def _alias() -> str:
    """Return a Python script: it needs no second process, and machsh sees the name it was called by."""
    source = "from machsh.cli import main; raise SystemExit(main())"
    return f"#!{sys.executable}\n{_ALIAS_MARK}\n{source}\n"


def _windows_alias() -> str:
    source = f"import sys; sys.argv[0] = '{DOCKER_MACHINE}'; from machsh.cli import main; sys.exit(main())"
    return f'@rem {_ALIAS_MARK}\r\n@"{sys.executable}" -c "{source}" %*\r\n'


def _has_mark(place: Path, mark: str) -> bool:
    from machsh.regular_file import read_regular

    try:
        return mark.encode() in read_regular(place)
    except OSError:
        return False


def _write(place: Path, content: str) -> None:
    from machsh.files import explain, write_atomically

    try:
        if place.is_symlink():
            place.unlink()
    except OSError as error:
        raise explain(error, place) from error
    write_atomically(place, content.encode(), 0o755)
