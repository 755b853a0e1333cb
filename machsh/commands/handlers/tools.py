"""Handlers for machsh itself: settings, completion files, the docker-machine alias."""

from __future__ import annotations

import os

from machsh.commands.command import Context
from machsh.environment import DOCKER_MACHINE
from machsh.errors import MachshError, UsageError
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
