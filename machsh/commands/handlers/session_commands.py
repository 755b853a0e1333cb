"""Handlers that work on the session: `use`, variables, the folder, `source`, `echo`, `exit`, clearing."""

from __future__ import annotations

import re
from pathlib import Path

from machsh.commands.command import Context
from machsh.errors import MachshError, UsageError
from machsh.output import messages
from machsh.output.results import Exit, Text

OF_DOCKER = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_MACHINE_NAME", "DOCKER_CONTEXT")
"""Variables that select docker's engine in other shells."""
SWITCH_HINT = "docker commands go to the active machine: use NAME switches, use local goes back"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def use(context: Context) -> None:
    """Make a machine or a cluster active; `-` means the previous one."""
    context.session.use(context.words[0])


def set_variable(context: Context) -> Text | None:
    """Set variables from words like `NAME=VALUE`; without words, list the variables. Raises UsageError."""
    variables = context.session.variables
    if not context.words:
        lines = [f"{name}={value}" for name, value in sorted(variables.items())]
        return Text("\n".join(lines)) if lines else None
    for word in context.words:
        name, equals, value = word.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise UsageError(f"set: {word!r} is not NAME=VALUE", hint="for example: set TAG=1.2")
        variables[name] = value
        _tell_switch(name, context)
    return None


def _tell_switch(name: str, context: Context) -> None:
    if name in OF_DOCKER:
        messages.note(context.environment, SWITCH_HINT, "hint")


def unset_variable(context: Context) -> None:
    """Remove variables; ignore those that are not set."""
    for name in context.words:
        if context.session.variables.pop(name, None) is None:
            _tell_switch(name, context)


def source(context: Context) -> Exit:
    """Run a batch file in this session."""
    path = context.session.folder / Path(context.words[0]).expanduser()
    return Exit(context.runner.run_file(path, context.words[1:]))


def change_folder(context: Context) -> None:
    """Change the session's folder: `-` means the previous one, no word the home. Raises MachshError."""
    session = context.session
    word = context.words[0] if context.words else ""
    if word == "-":
        wanted = Path(session.variables.get("OLDPWD") or session.folder)
    elif not word or word == "~" or word.startswith("~/"):
        wanted = context.environment.home / word[2:]
    else:
        wanted = session.folder / word
    try:
        folder = wanted.resolve(strict=True)
    except OSError as error:
        raise MachshError(f"cd: {word}: {(error.strerror or str(error)).lower()}") from error
    if not folder.is_dir():
        raise MachshError(f"cd: {word}: not a directory")
    session.variables["OLDPWD"] = str(session.folder)
    session.folder = folder


def print_folder(context: Context) -> Text:
    """Return the session's folder."""
    return Text(str(context.session.folder))


def echo(context: Context) -> Text:
    """Return the words, joined by blanks."""
    return Text(" ".join(context.words))


def leave(context: Context) -> Exit:
    """End the session with the given exit code (modulo 256), else the last one. Raises UsageError."""
    word = context.words[0] if context.words else str(context.session.status)
    if not word.isdecimal():
        raise UsageError(f"exit: {word!r} is not a number", hint="for example: exit 1")
    code = int(word) & 0xFF
    context.session.leave(code)
    return Exit(code)


def clear_screen(context: Context) -> None:
    """Clear the terminal and its scrollback; do nothing if stdout is no terminal."""
    stream = context.environment.stdout
    if context.environment.is_terminal(stream) and not context.environment.is_dumb_terminal:
        stream.write("\x1b[H\x1b[2J\x1b[3J")
        stream.flush()
