"""Generates the manual page machsh(1) from the table of commands, as source for man(7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from machsh.commands import help
from machsh.commands.command import Command
from machsh.commands.flags import HELP
from machsh.commands.global_options import GLOBAL_OPTIONS, VERSION
from machsh.options import Option

_START = """\
.nh
.ad l
.SH NAME
machsh \\- Docker hosts, and a shell to work on them
.SH SYNOPSIS
.B machsh
[\\fIOPTIONS\\fR]
.br
.B machsh
[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]
.br
.B machsh
[\\fIOPTIONS\\fR] \\fIFILE\\fR [\\fIARGUMENT\\fR...]
.SH DESCRIPTION
machsh creates Docker hosts (containers, any ssh server, anything with a driver), provisions them with TLS,
and keeps the active one in its session.
Without a command or a file it is a shell, in which docker's own commands work as they are,
on the active machine.
A file is a batch: its lines run one after the other, up to the first that fails.
.PP
It keeps its machines as docker\\-machine does, and called by that name it answers as docker\\-machine.
"""
_FILES = (
    (
        "~/.docker/machine",
        "The machines and their certificates; MACHINE_STORAGE_PATH or --storage-path names another folder.",
    ),
    ("~/.config/machsh", "Settings and plugins; machsh settings path tells the file."),
    ("~/.local/state/machsh", "The shell's history, and reports of crashes."),
    ("~/.cache/machsh", "What can be made again."),
)


def page(version: str, commands: Iterable[Command], drivers: Mapping[str, Sequence[Option]]) -> str:
    """Return the whole page; `drivers` maps each driver's name to its options."""
    shown = list(commands)
    return "\n".join(
        [
            f'.TH MACHSH 1 "" "machsh {version}" "User Commands"',
            _START.rstrip("\n"),
            ".SH OPTIONS",
            *_options((*GLOBAL_OPTIONS, HELP, VERSION)),
            ".SH COMMANDS",
            *(line for one in shown for line in _command(one)),
            ".SH DRIVERS",
            *(line for name, options in drivers.items() for line in _driver(name, options)),
            ".SH ENVIRONMENT",
            *_variables(shown, drivers),
            ".SH FILES",
            *(line for place, what in _FILES for line in _entry(place, what)),
            ".SH SEE ALSO",
            ".BR docker (1),",
            ".BR ssh (1)",
            "",
        ]
    )


def escape(text: str) -> str:
    """Escape text so that roff prints it unchanged; a long choice of words may be broken after each `|`."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("|", "|\\:")
    return re.sub(r"^(?=\.)", r"\\&", text, flags=re.MULTILINE)


def _entry(term: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield f"\\fB{escape(term)}\\fR"
    yield escape(text) or "\\&"


def _options(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        if not option.hidden:
            yield from _entry(help.spellings(option).strip(), help.explanation(option))


def _command(command: Command) -> Iterator[str]:
    yield f".SS {escape(command.name)}"
    yield f"\\fB{escape(help.usage(command))}\\fR"
    yield ".PP"
    yield escape(command.summary.rstrip(".") + ".")
    for text in (help.description(command), f"Destroys: {command.loses}." if command.loses else ""):
        if text:
            yield ".PP"
            yield escape(text)
    for verb in command.verbs:
        yield from _entry(verb.written, verb.summary)
    if command.in_session_only:
        yield ".PP"
        yield "Only in the shell and in batch files."
    for argument in command.arguments:
        if argument.help:
            yield from _entry(argument.name, argument.help)
    yield from _options(command.options)
    if command.examples:
        yield ".PP"
        yield "Examples:"
        yield ".PP"
        yield ".nf"
        yield from (f"    {escape(help.example(command, one))}" for one in command.examples)
        yield ".fi"


def _driver(name: str, options: Sequence[Option]) -> Iterator[str]:
    yield f".SS {escape(name)}"
    if not [one for one in options if not one.hidden]:
        yield "No options."
    yield from _options(options)


def _variables(commands: Iterable[Command], drivers: Mapping[str, Sequence[Option]]) -> Iterator[str]:
    lists = (GLOBAL_OPTIONS, *(one.options for one in commands), *drivers.values())
    options = {one.variable: one for every in lists for one in every if one.variable and not one.hidden}
    for variable in sorted(options):
        yield from _entry(variable, f"The value of --{options[variable].name} where that is not given.")
