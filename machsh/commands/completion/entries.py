"""The data that completion files are generated from, the same for every shell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from machsh.commands.command import Command
from machsh.commands.flags import HELP
from machsh.commands.global_options import GLOBAL_OPTIONS, VERSION
from machsh.commands.handlers.env_lines import SHELLS
from machsh.commands.handlers.ls.ls_filters import KEYS
from machsh.drivers.guest.image_catalog import names as image_names
from machsh.options import Argument, Count, Kind, Option

WORDS_OR_MACHINE, SETTING = "words or machine", "machine setting"
_KINDS = ("machine", "machine path", SETTING, "file", "folder", "local-image", "context")


@dataclass(frozen=True, slots=True)
class Choice:
    """One option, as completion files need it."""

    names: tuple[str, ...]
    """Short and long form, with dashes."""
    help: str
    takes_value: bool
    repeats: bool
    kind: str
    """One of `_KINDS`, `words`, or empty for free text."""
    words: tuple[str, ...] = ()
    """The candidates of the kind `words`."""


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One command, as completion files need it."""

    name: str
    summary: str
    options: tuple[Choice, ...]
    kinds: tuple[str, ...]
    """The kind of each argument, in order; see `Choice.kind`."""
    words: tuple[str, ...] = ()
    """The candidates for an argument of the kind `words`."""
    repeats: bool = False
    """Whether the last argument may be repeated."""
    takes_driver_options: bool = False


@dataclass(frozen=True, slots=True)
class CompletionModel:
    """All data for the completion file of one program name."""

    program: str
    entries: tuple[CommandEntry, ...]
    options: tuple[Choice, ...]
    """The global options."""
    drivers: Mapping[str, tuple[Choice, ...]]
    """Driver -> its options."""

    @property
    def function(self) -> str:
        """The name of the main shell function, and the prefix of the others."""
        return "_" + self.program.replace("-", "_")


def build(
    program: str,
    commands: Iterable[Command],
    drivers: Mapping[str, Sequence[Option]],
    *,
    only_classic: bool = False,
) -> CompletionModel:
    """Build the model from the commands; `only_classic` leaves out what docker-machine does not have."""
    names = tuple(drivers)
    shown = [one for one in commands if one.in_docker_machine or not (only_classic or one.in_session_only)]
    every = tuple(one.name for one in shown)

    def choices(options: Iterable[Option]) -> tuple[Choice, ...]:
        kept = [one for one in options if not one.hidden and not (only_classic and one.ours)]
        return tuple(_choice(one, names) for one in kept)

    return CompletionModel(
        program,
        tuple(_entry(one, choices((*one.options, HELP)), every) for one in shown),
        choices((*GLOBAL_OPTIONS, HELP, VERSION)),
        {name: choices(options) for name, options in drivers.items()},
    )


def _choice(option: Option, drivers: tuple[str, ...]) -> Choice:
    names = tuple(
        f"-{name}" if len(name) == 1 else f"--{name}" for name in (option.name, option.short) if name
    )
    kind, words = _kind(option.values), option.choices
    if option.values == "driver":
        words = drivers
    elif option.values == "guest-image":
        words = tuple(image_names())
    elif option.values == "shell":
        words = SHELLS
    elif option.values == "ls filter":
        words = tuple(f"{key}=" for key in KEYS)
    return Choice(
        names,
        option.help,
        takes_value=option.kind is not Kind.BOOL,
        repeats=option.kind is Kind.LIST,
        kind="words" if words else kind,
        words=words,
    )


def _entry(command: Command, options: tuple[Choice, ...], commands: tuple[str, ...]) -> CommandEntry:
    kinds, words = [], commands
    for argument in command.arguments:
        kinds.append(_argument_kind(argument))
        if argument.literals:
            words = argument.literals
        elif argument.values == SETTING:
            words = tuple(_settings())
    repeats = bool(command.arguments) and command.arguments[-1].count in (Count.MANY, Count.ANY)
    return CommandEntry(
        command.name,
        command.summary.rstrip("."),
        () if command.is_raw else options,
        tuple(kinds),
        words if {"words", WORDS_OR_MACHINE, SETTING} & set(kinds) else (),
        repeats,
        command.takes_driver_options,
    )


def _argument_kind(argument: Argument) -> str:
    if argument.literals:
        return WORDS_OR_MACHINE if argument.values == "machine" else "words"
    return "words" if argument.values == "command" else _kind(argument.values)


def _settings() -> Iterable[str]:
    """Return what may stand for `KEY=VALUE`: keys with each operator, and the values that are known."""
    from machsh.commands.handlers.setting_options import choices_of
    from machsh.machine.alteration.machine_setting import MACHINE_SETTINGS

    for key, one in MACHINE_SETTINGS.items():
        for operator in ("+=", "-=", "=") if one.is_list else ("=",):
            yield f"{key}{operator}"
        for choice in choices_of(one):
            yield f"{key}={choice}"


def _kind(values: str) -> str:
    """Return the kind if a shell can complete it, else empty for free text."""
    known = {"manifest": "file", "cluster word": "machine"}
    name = known.get(values) or values.partition(":")[0]
    return name if name in _KINDS else ""
