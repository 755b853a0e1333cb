"""Handlers for machsh itself: settings, completion files, the docker-machine alias."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from machsh.commands.command import Context
from machsh.environment import DOCKER_MACHINE
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.output.results import Table, Text


def settings(context: Context) -> Table | Text:
    """Show, check or create the settings file, or return its path. A failed check raises MachshError."""
    from machsh import settings as config

    word = context.words[0] if context.words else "show"
    if word == "path":
        return Text(str(config.path(context.environment)))
    if word == "init":
        return Text(f"wrote {config.write_template(context.environment)}")
    found = config.load(context.environment)
    if word == "show":
        return Table(("SETTING", "VALUE"), [(name, _shown(value)) for name, value in found.values.items()])
    if word != "check":
        raise UsageError(f"settings: {word!r} is not known", hint="one of show, check, path, init")
    if found.problems:
        raise MachshError("\n".join(found.problems), hint="settings show lists what there is")
    return Text(f"{config.path(context.environment)}: good")


def _shown(value: object) -> str:
    """Return the value as the file has it, but text without quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def completion(context: Context) -> Text:
    """Return a shell's completion file; `--install` writes it to where that shell looks for it."""
    from machsh.commands.completion import SHELLS, script
    from machsh.commands.completion.entries import build
    from machsh.drivers import registry

    is_installed = context.values.flag("install")
    shell = context.words[0] if context.words else os.path.basename(_users_shell(context, is_installed))
    if shell not in SHELLS:
        raise UsageError(f"completion: {shell!r} is not known", hint=f"one of {', '.join(SHELLS)}")
    drivers = {one.name: one.options for one in registry.usable(context.catalog)}
    program = context.values.text("program")
    commands = context.session.commands().values()
    model = build(program, commands, drivers, only_classic=program == DOCKER_MACHINE)
    text = script(shell, model)
    if not is_installed:
        return Text(text.removesuffix("\n"))
    from machsh.commands.completion.completion_files import install

    return Text(install(shell, program, text, context.environment))


def _users_shell(context: Context, is_installed: bool) -> str:
    """Return the login shell; without `--install` raise UsageError: output may be for another shell."""
    found = context.environment.variable("SHELL") if is_installed else None
    if not found:
        raise UsageError("completion: for which shell?", hint="one of bash, zsh, fish")
    return found


def install_alias(context: Context) -> Text:
    """Write a script `docker-machine`, which runs this machsh, into a folder.

    Raises RefusedError if something else has that name, unless `--force` is given.
    """
    folder = Path(context.words[0]).expanduser()
    if not folder.is_dir():
        raise MachshError(
            f"{folder} is not a folder", hint="name a folder of your PATH, such as ~/.local/bin"
        )
    windows = context.environment.platform == "win32"
    place = folder / (f"{DOCKER_MACHINE}.cmd" if windows else DOCKER_MACHINE)
    content = _windows_alias() if windows else _alias()
    if os.path.lexists(place) and not context.values.flag("force") and not _is_ours(place):
        raise RefusedError(f"{place} exists already", hint="install-alias --force replaces it")
    _write(place, content)
    note = "" if str(folder) in _path(context) else f"\n{folder} is not on your PATH yet."
    return Text(f"{place} runs machsh now.{note}")


_MARK = "# docker-machine, played by machsh"


def _alias() -> str:
    """Return a Python script: it needs no second process, and machsh sees the name it was called by."""
    source = "from machsh.cli import main; raise SystemExit(main())"
    return f"#!{sys.executable}\n{_MARK}\n{source}\n"


def _windows_alias() -> str:
    source = f"import sys; sys.argv[0] = '{DOCKER_MACHINE}'; from machsh.cli import main; sys.exit(main())"
    return f'@rem {_MARK}\r\n@"{sys.executable}" -c "{source}" %*\r\n'


def _is_ours(place: Path) -> bool:
    from machsh.regular_file import read_regular

    try:
        return _MARK.encode() in read_regular(place)
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


def _path(context: Context) -> list[str]:
    return context.environment.variables.get("PATH", "").split(os.pathsep)
