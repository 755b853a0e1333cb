"""The options and arguments of a command, in one form for machsh's commands and docker's.

The two come from different places and follow different rules; the rest of completion need not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from machsh.commands.command import Command, CommandVerb
from machsh.engine.cli_tree import model
from machsh.options import Argument, Count, Kind, Option
from machsh.shell.completion import docker_kinds

BY_STATE = {
    "start": "machine:stopped",
    "stop": "machine:running",
    "kill": "machine:running",
    "restart": "machine:running",
    "ssh": "machine:running",
    "provision": "machine:running",
    "upgrade": "machine:running",
}
"""Commands that only make sense for machines in one state -> the kind of their machine argument."""
OR = "|"
"""Between two kinds: either may stand in the place."""


@dataclass(frozen=True, slots=True)
class FormFlag:
    """One option of a machsh or docker command."""

    name: str
    """Long name without dashes."""
    short: str = ""
    help: str = ""
    has_value: bool = False
    kind: str = ""
    """The kind of its value."""
    choices: tuple[str, ...] = ()
    note: str = ""
    """Default and variable, or docker's type, for the menu."""

    @property
    def title(self) -> str:
        """The option as it is shown: its long name if it has one."""
        return f"--{self.name}" if len(self.name) > 1 else f"-{self.name or self.short}"

    @property
    def words(self) -> tuple[str, ...]:
        """All the ways to write it."""
        long = (f"--{self.name}",) if self.name else ()
        return (*long, f"-{self.short}") if self.short else long


@dataclass(frozen=True, slots=True)
class CommandForm:
    """The syntax of a command."""

    title: str
    """Its words, such as `docker network create`."""
    summary: str = ""
    syntax: str = ""
    """The words after the title, as help shows them."""
    flags: Mapping[str, FormFlag] = field(default_factory=dict)
    """Each way to write an option (`--name`, `-n`) -> the option."""
    arguments: tuple[str, ...] = ()
    """Kinds of its arguments; a final `...` repeats the one before."""
    literals: tuple[str, ...] = ()
    """The possible words of `literal` arguments."""
    stops_at_argument: bool = False
    """Whether options end at the first argument: the rest belongs to another program."""
    is_go: bool = False
    """Whether Go's rules apply, as for machsh's commands: `-name` is `--name`, no clusters such as `-it`."""
    path: tuple[str, ...] = ()
    """A docker command's path; empty for machsh's commands."""
    command: Command | None = None

    def flag(self, word: str) -> FormFlag | None:
        """Return the option written as `word`, which may have an `=VALUE`; None if there is none."""
        name = word.partition("=")[0]
        found = self.flags.get(name)
        if found is None and self.is_go and not name.startswith("--"):
            found = self.flags.get("-" + name)
        return found

    def own_flags(self) -> list[FormFlag]:
        """Return its options, each once, in order."""
        return list(dict.fromkeys(self.flags.values()))


def of_command(command: Command, driver_options: Iterable[Option] = ()) -> CommandForm:
    """Return the form of a machsh command."""
    flags = [_own_flag(option) for option in _ordered(command, driver_options)]
    kinds = tuple(_argument_kind(command, argument) for argument in command.arguments)
    repeats = command.arguments and command.arguments[-1].count in (Count.MANY, Count.ANY)
    return CommandForm(
        title=command.name,
        summary=command.summary,
        syntax=own_syntax(command),
        flags=_by_word(flags),
        arguments=(*kinds, "...") if repeats else kinds,
        literals=tuple(word for argument in command.arguments for word in argument.literals),
        stops_at_argument=command.is_raw,
        is_go=True,
        command=command,
    )


def of_verb(form: CommandForm, verb: CommandVerb) -> CommandForm:
    """Return the form of a command whose first word is known: the syntax and the options of that verb."""
    return replace(
        form,
        title=f"{form.title} {verb.name}",
        summary=verb.summary,
        syntax=" ".join(filter(None, ("[OPTIONS]" if verb.options else "", verb.syntax))),
        flags={word: flag for word, flag in form.flags.items() if flag.name in verb.options},
    )


def _ordered(command: Command, driver_options: Iterable[Option]) -> list[Option]:
    """Return the options to offer, the likeliest first.

    `--driver`, the driver's own, those with a short name, machsh's additions, then the rest. The engine's and
    those of classic Swarm, which is no longer developed, come last.
    """
    own = list(driver_options)

    def place(option: Option) -> int:
        if option.name == "driver":
            return 0
        if option in own:
            return 1
        prefix = option.name.partition("-")[0]
        if prefix in ("engine", "swarm") and command.takes_driver_options:
            return 5 if prefix == "engine" else 6
        return 2 if option.short else 4 - option.ours

    return sorted((option for option in (*own, *command.options) if not option.hidden), key=place)


def own_syntax(command: Command) -> str:
    """Return the words after a machsh command's name, as its help shows them."""
    marks = {Count.ONE: "{}", Count.OPTIONAL: "[{}]", Count.MANY: "{0} [{0}...]", Count.ANY: "[{}...]"}
    words = ["[OPTIONS]"] if command.options or command.takes_driver_options else []
    words += [marks[argument.count].format(argument.name) for argument in command.arguments]
    return " ".join(words)


def of_docker(docker: model.CliCommand) -> CommandForm:
    """Return the form of a docker command."""
    path = docker.path
    return CommandForm(
        title=" ".join(("docker", *path)),
        summary=docker.help,
        syntax=docker.usages[0] if docker.usages else "",
        flags=_by_word(sorted(map(_docker_flag, docker.flags), key=_docker_place)),
        arguments=docker_kinds.argument_kinds(path, docker.words),
        stops_at_argument=docker_kinds.short_path(path) in docker_kinds.STOP_AT_ARGUMENT,
        path=path,
    )


def _docker_place(flag: FormFlag) -> int:
    """Sort key that puts the most used options first; docker lists them alphabetically."""
    if flag.name in docker_kinds.COMMON_OPTIONS:
        return docker_kinds.COMMON_OPTIONS.index(flag.name)
    return len(docker_kinds.COMMON_OPTIONS) + (not flag.short)


def _by_word(flags: Iterable[FormFlag]) -> dict[str, FormFlag]:
    return {word: flag for flag in flags for word in flag.words}


def _own_flag(option: Option) -> FormFlag:
    return FormFlag(
        name=option.name,
        short=option.short,
        help=option.help,
        has_value=option.kind is not Kind.BOOL,
        kind="choice" if option.choices else option.values,
        choices=option.choices,
        note=_note(option),
    )


def _note(option: Option) -> str:
    parts = []
    default = option.shown_default()
    if default not in (None, "", False, 0, []) and not option.secret:
        parts.append(f"[{default}]")
    if option.variable:
        parts.append(f"${option.variable}")
    return " ".join(parts)


def _docker_flag(flag: model.CliFlag) -> FormFlag:
    return FormFlag(
        name=flag.name,
        short=flag.short,
        help=flag.help,
        has_value=flag.takes_value,
        kind=docker_kinds.option_kind(flag.name, flag.type) if flag.type else "",
        choices=docker_kinds.CHOICES.get(flag.name, ()),
        note=flag.type,
    )


def _argument_kind(command: Command, argument: Argument) -> str:
    kind = BY_STATE.get(command.name, "machine") if argument.values == "machine" else argument.values
    if not argument.literals:
        return kind
    return f"literal{OR}{kind}" if kind else "literal"
