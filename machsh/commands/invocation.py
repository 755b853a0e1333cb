"""Parses a command's words and calls its handler; the shell, batches and one-shots all use this path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from machsh.commands import flags
from machsh.commands.command import Command, CommandSession, Context, Handler, LineRunner
from machsh.commands.flags import WrongWordsError
from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.options import Count, Option, Values
from machsh.progress import Progress, Prompter

if TYPE_CHECKING:
    from machsh.drivers.default_driver import DriverChoice
    from machsh.machine.machines import Machines
    from machsh.output.results import Result
    from machsh.plugin.catalog import Catalog


@dataclass(slots=True)
class CommandServices:
    """The services that all commands of a session share."""

    environment: Environment
    machines: Machines
    catalog: Catalog
    session: CommandSession
    runner: LineRunner
    progress: Progress
    ask: Prompter


def invoke(command: Command, words: Sequence[str], services: CommandServices) -> Result:
    """Parse the words and call the handler; for `--help`, return the help instead. Raises MachshError."""
    choice = chosen_driver(command, words, services.environment, services.catalog)
    driver_options = _options_of(choice, words, services.environment, services.catalog, services.ask)
    values, rest = parsed(command, words, services.environment, driver_options)
    if wants_help(command, values, words):
        from machsh.commands.help import of_command
        from machsh.output.results import Text

        return Text(of_command(command, services.environment, driver_options))
    context = Context(
        services.environment,
        services.machines,
        services.session,
        services.runner,
        services.progress,
        services.ask,
        command,
        values,
        rest,
        services.catalog,
    )
    check_count(context)
    if choice is not None:
        _take_choice(choice, context)
    return handler(command)(context)


def _take_choice(choice: DriverChoice, context: Context) -> None:
    """Set the driver that was chosen for the user, and say why."""
    if choice.reason:
        context.progress.info(f"Driver {choice.name}: {choice.reason}. Another: -d DRIVER")
    context.values.content[DRIVER_OPTION] = choice.name


DRIVER_OPTION = "driver"
RESUME_HINT = (
    "--resume takes the engine's and the certificates' options; what the driver was told of the host stays "
    "until the machine is removed and created anew"
)
_IGNORE_WORDS = ("config", "ls")
"""docker-machine's commands that ignore surplus words."""


def wants_help(command: Command, values: Values, words: Sequence[str]) -> bool:
    """Whether `-h` or `--help` is among the options, or is the first word of a raw command."""
    if command.is_raw:
        return bool(words) and words[0] in ("-h", "-help", "--help")
    return values.flag(flags.HELP.name)


def parsed(
    command: Command, words: Sequence[str], environment: Environment, driver_options: Sequence[Option]
) -> tuple[Values, list[str]]:
    """Call `flags.parse` and check the choices. Raises UsageError.

    Called as docker-machine, a WrongWordsError carries the command's help as its preface.
    """
    try:
        values, rest = flags.parse(command, words, environment, driver_options)
    except WrongWordsError as error:
        if _resumes(command, words, environment):
            error.hint = error.hint or RESUME_HINT
        error.hint = error.hint or f"{command.help_line} shows what it takes"
        if environment.is_docker_machine:
            from machsh.commands.help import of_command

            error.preface = f"{error.title}\n\n{of_command(command, environment, driver_options)}\n"
        raise
    check_choices(command, values)
    _check_verb(command, values, rest)
    return values, rest


def _check_verb(command: Command, values: Values, words: Sequence[str]) -> None:
    """Raise UsageError for an option that belongs to other verbs: it would be overlooked."""
    verb = command.verb(words[0]) if words else None
    if verb is None:
        return
    for name in sorted(values.given):
        users = [one.name for one in command.verbs if name in one.options]
        if users and verb.name not in users:
            dashes = "--" if len(name) > 1 else "-"
            raise UsageError(
                f"{dashes}{name} does not go with {command.name} {verb.name}",
                hint=f"it goes with {command.name} {', '.join(users)}",
            )


def check_choices(command: Command, values: Values) -> None:
    """Raise UsageError for a given value that is not one of its option's choices."""
    for option in command.options:
        text = values.text(option.name)
        if option.choices and option.name in values.given and text not in option.choices:
            raise UsageError(
                f'invalid value "{text}" for flag -{option.name}', hint=f"one of {', '.join(option.choices)}"
            )


def check_count(context: Context) -> None:
    """Raise UsageError if the number of words does not fit the command's declared arguments.

    The handlers of docker-machine's commands check this themselves, with its messages. Those that ignore
    surplus words there are checked here when the program is called as machsh.
    """
    command, given = context.command, len(context.words)
    if command.in_docker_machine and (
        context.environment.is_docker_machine or command.name not in _IGNORE_WORDS
    ):
        return
    counts = [one.count for one in command.arguments]
    least = sum(count in (Count.ONE, Count.MANY) for count in counts)
    is_open = any(count in (Count.MANY, Count.ANY) for count in counts)
    if given < least or (given > len(counts) and not is_open):
        wanted = " ".join(one.name for one in command.arguments) or "no words"
        hint = f"{command.help_line} shows what it takes"
        raise UsageError(f"{command.name} takes {wanted}", hint=hint)


def wrong_count(context: Context, message: str) -> WrongWordsError:
    """Return docker-machine's error for a wrong number of words; under its name with the command's help."""
    from machsh.commands.help import of_command

    preface = ""
    if context.environment.is_docker_machine:
        options = options_of_driver(
            context.command, context.environment.arguments, context.environment, context.catalog
        )
        preface = of_command(context.command, context.environment, options) + "\n"
    hint = f"machsh {context.command.name} --help shows what it takes"
    return WrongWordsError(message, preface=preface, hint=hint)


def options_of_driver(
    command: Command,
    words: Sequence[str],
    environment: Environment,
    catalog: Catalog,
    ask: Prompter | None = None,
) -> tuple[Option, ...]:
    """Return the chosen driver's options for `create`, none for other commands.

    Raises MachshError for an unknown driver, even when only help is wanted. `ask` is asked before another
    program is run for the first time, to tell its options.
    """
    choice = chosen_driver(command, words, environment, catalog)
    return _options_of(choice, words, environment, catalog, ask)


def _options_of(
    choice: DriverChoice | None,
    words: Sequence[str],
    environment: Environment,
    catalog: Catalog,
    ask: Prompter | None,
) -> tuple[Option, ...]:
    if choice is None:
        return ()
    from machsh.commands.declarations.create import DRIVER_PROGRAM
    from machsh.drivers.registry import find

    program = "" if environment.is_docker_machine else _given(words, f"--{DRIVER_PROGRAM.name}") or ""
    return find(choice.name, catalog, program=program, ask=ask).options


def chosen_driver(
    command: Command, words: Sequence[str], environment: Environment, catalog: Catalog
) -> DriverChoice | None:
    """Return the driver named in the unparsed words, else the default one.

    None for a command that takes no driver's options, and for a creation to go on with, which has its driver.
    """
    if not command.takes_driver_options or _resumes(command, words, environment):
        return None
    from machsh.drivers.default_driver import DriverChoice

    name = given_driver(words)
    return default_driver(environment, catalog) if name is None else DriverChoice(name)


def _resumes(command: Command, words: Sequence[str], environment: Environment) -> bool:
    """Whether `--resume` is among the unparsed words of a command that has it."""
    from machsh.commands.declarations.create import RESUME

    if environment.is_docker_machine or RESUME not in command.options:
        return False
    terminator = words.index("--") if "--" in words else len(words)
    return any(word in (f"--{RESUME.name}", f"-{RESUME.name}") for word in words[:terminator])


def default_driver(environment: Environment, catalog: Catalog) -> DriverChoice:
    """Return the driver by MACHINE_DRIVER, else by the settings, else one that works on this computer.

    Called as docker-machine: by MACHINE_DRIVER, else docker-machine's default.
    """
    from machsh import settings
    from machsh.commands.declarations.create import DRIVER
    from machsh.drivers.default_driver import DriverChoice, choose

    name = flags.defaults((DRIVER,), environment).text(DRIVER.name)
    if not name and not environment.is_docker_machine:
        name = settings.load(environment).text("default_driver")
    return DriverChoice(name) if name else choose(environment, catalog)


def given_driver(words: Sequence[str]) -> str | None:
    """Return the value of the first `-d` or `--driver` in unparsed words, as docker-machine does, or None."""
    return _given(words, "-d", "--driver")


def _given(words: Sequence[str], *names: str) -> str | None:
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            following = words[at + 1] if at + 1 < len(words) else ""
            return value if equals else following
    return None


def handler(command: Command) -> Handler:
    """Import a command's handler. Raises MachshError if it belongs to a plugin and cannot be imported."""
    module, _, function = command.handler.partition(":")
    try:
        found: Handler = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        if not command.origin:
            raise
        raise MachshError(
            f"the command {command.name} of {command.origin} cannot be used: {error}",
            hint="plugins lists what is wrong with it",
        ) from error
    return found
