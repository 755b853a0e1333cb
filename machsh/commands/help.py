"""Help texts: under docker-machine's name its layout byte for byte, otherwise machsh's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from machsh.commands.command import Command
from machsh.commands.flags import HELP
from machsh.commands.global_options import GLOBAL_OPTIONS, VERSION
from machsh.commands.version import base_name, version_and_build
from machsh.environment import DOCKER_MACHINE, Environment
from machsh.errors import UsageError
from machsh.go.tabwriter import align
from machsh.options import Argument, Kind, Option

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Machines", ("create", "adopt", "ls", "use", "start", "stop", "restart", "kill", "rm", "protect")),
    ("Look", ("active", "status", "ip", "url", "inspect", "config", "env", "console")),
    ("Reach", ("ssh", "scp", "mount", "relay", "ssh-config", "contexts")),
    ("Change", ("reconfigure", "rename", "forget", "snapshot", "orphans")),
    ("Maintain", ("provision", "upgrade", "regenerate-certs", "certs", "trust")),
    ("Many machines", ("apply", "cluster", "ship", "monitor", "events", "logs", "df", "prune")),
    ("Keep and hand on", ("backup", "restore", "share")),
    ("The shell", ("set", "unset", "source", "cd", "pwd", "echo", "clear", "exit", "history", "watch")),
    ("Jobs of the shell", ("jobs", "fg", "bg")),
    ("This program", ("doctor", "settings", "plugins", "completion", "complete", "install-alias")),
    ("For programs", ("install-driver", "serve-driver")),
    ("Help", ("help", "version")),
)
"""The groups of commands in machsh's own help; all others follow under `More`."""
MOST_COLUMNS = 100
"""Longer lines are hard to read, however wide the terminal is."""
MANY_WORDS = 5
"""So many words to choose from do not fit into a synopsis."""


def application(environment: Environment, commands: Iterable[Command]) -> str:
    """Return the help of the whole program."""
    if environment.is_docker_machine:
        return _classic_application(environment, [one for one in commands if one.in_docker_machine])
    return _own_application(list(commands), _columns(environment))


def of_command(command: Command, environment: Environment, driver_options: Sequence[Option] = ()) -> str:
    """Return the help of one command; `driver_options` are the chosen driver's, for `create`."""
    if environment.is_docker_machine:
        return _classic_command(command, environment, driver_options)
    return _own_command(command, driver_options, _columns(environment))


def unknown(word: str, environment: Environment, commands: Iterable[Command]) -> UsageError:
    """Return the error for an unknown command, with a suggestion as its hint."""
    from machsh.suggest import did_you_mean

    name = base_name(environment)
    hint = did_you_mean(word, [one.name for one in commands]) or f"{name} help lists the commands"
    text = f"{name}: '{word}' is not a {name} command. See '{environment.called_as} --help'."
    return UsageError(text, hint=hint)


def rendered(option: Option) -> tuple[str, str]:
    """Return an option as Go's cli package shows it: names with default, and help text with variable."""
    names = ", ".join(_dashed(name) for name in (option.name, option.short) if name)
    variable = f" [${option.variable}]" if option.variable else ""
    return names + _placeholder(option), option.help + variable


def _placeholder(option: Option) -> str:
    if option.kind is Kind.BOOL:
        return ""
    if option.kind is Kind.LIST:
        return f" [--{option.name} option --{option.name} option]"
    if option.kind is Kind.STRING and not option.empty:
        return " "
    return f' "{option.empty}"'


def _dashed(name: str) -> str:
    return f"-{name}" if len(name) == 1 else f"--{name}"


def _classic_application(environment: Environment, commands: Sequence[Command]) -> str:
    name = base_name(environment)
    options = [_with_store(one, environment) for one in GLOBAL_OPTIONS if not one.ours]
    shown = [rendered(one) for one in (*options, HELP, VERSION)]
    lines = [
        f"Usage: {name} [OPTIONS] COMMAND [arg...]",
        "",
        "Create and manage machines running Docker.",
        "",
        f"Version: {version_and_build(environment)}",
        "",
        "Author:",
        "  Docker Machine Contributors - <https://github.com/docker/machine>",
        "",
        "Options:",
        *align((f"  {left}", right) for left, right in shown),
        "  ",
        "Commands:",
        *align((f"  {one.name}", one.summary) for one in commands),
        "  ",
        f"Run '{name} COMMAND --help' for more information on a command.",
    ]
    return "\n".join(lines)


def _with_store(option: Option, environment: Environment) -> Option:
    """Show the actual default of `--storage-path`: MACHINE_STORAGE_PATH, else the user's folder."""
    if option.name != "storage-path":
        return option
    default = environment.variable("MACHINE_STORAGE_PATH") or environment.home / ".docker" / "machine"
    return Option(
        option.name, option.help, default=str(default), variable=option.variable, short=option.short
    )


def _classic_command(command: Command, environment: Environment, driver_options: Sequence[Option]) -> str:
    options = [rendered(one) for one in command.options if not one.ours and not one.hidden]
    if command.takes_driver_options:
        drivers = [rendered(one) for one in driver_options if not one.ours and not one.hidden]
        options = sorted(options + drivers, key="\t".join)
    lines = [
        f"Usage: {DOCKER_MACHINE} {command.name}{' [OPTIONS]' * bool(options)} [arg...]",
        "",
        command.summary,
    ]
    if command.description:
        lines += ["", "Description:", f"   {_description(command, environment.called_as)}"]
    if options:
        lines += ["", "Options:", "   ", *align((f"   {left}", right) for left, right in options)]
    return "\n".join(lines)


def _description(command: Command, program: str) -> str:
    return command.description.replace("{program}", program)


def _own_application(commands: Sequence[Command], columns: int) -> str:
    lines = [
        "machsh: Docker hosts, and a shell to work on them.",
        "",
        "  machsh                     the shell",
        "  machsh COMMAND ...         one command, as docker-machine would",
        "  machsh FILE [ARGUMENTS]    a batch file; -c TEXT runs TEXT, nothing on a pipe runs the pipe",
    ]
    by_name = {one.name: one for one in commands}
    for title, names in GROUPS:
        lines += _section(title, [by_name.pop(name) for name in names if name in by_name], columns)
    lines += _section("More", list(by_name.values()), columns)
    options = [one for one in (*GLOBAL_OPTIONS, HELP, VERSION) if not one.hidden]
    lines += ["", "Options, before the command", *_option_lines(options, columns)]
    lines += ["", "machsh COMMAND --help says more; docker's own commands work in the shell as they are."]
    return "\n".join(lines)


def _section(title: str, commands: Sequence[Command], columns: int) -> list[str]:
    lines = [_hanging(f"  {one.name:<17} ", one.summary, columns) for one in commands]
    return ["", title, *lines] if commands else []


def _own_command(command: Command, driver_options: Sequence[Option], columns: int) -> str:
    options = [one for one in command.options if not one.hidden]
    lines = [_paragraph(f"{command.summary.rstrip('.')}.", columns), "", f"  {usage(command)}"]
    if description(command):
        lines += ["", *(_paragraph(one, columns) for one in description(command).split("\n"))]
    if command.verbs:
        width = max(len(one.written) for one in command.verbs)
        lines += [
            "",
            *(_hanging(f"  {one.written:<{width}} ", one.summary, columns) for one in command.verbs),
        ]
    if command.loses:
        lines += ["", f"Destroys: {command.loses}."]
    if any(one.help for one in command.arguments):
        names = [_shown_name(one) for one in command.arguments]
        width = max(12, *map(len, names))
        cells = zip(names, command.arguments, strict=True)
        lines += ["", *(_hanging(f"  {name:<{width}} ", one.help, columns) for name, one in cells)]
    if options:
        lines += ["", "Options", *_option_lines(options, columns)]
    shown = [one for one in driver_options if not one.hidden]
    if shown:
        lines += ["", "Options of the driver", *_option_lines(shown, columns)]
    if command.examples:
        lines += ["", "Examples", *(f"  {example(command, one)}" for one in command.examples)]
    return "\n".join(lines)


_OBVIOUS = frozenset(("Argument is a machine name.", "Argument(s) are one or more machine names."))


def usage(command: Command) -> str:
    """Return a command's synopsis: `machsh rm [OPTIONS] NAME...`."""
    options = " [OPTIONS]" if any(not one.hidden for one in command.options) else ""
    words = " ".join(_word(_shown_name(one), one.count.value) for one in command.arguments)
    return f"machsh {command.name}{options} {words}".rstrip()


def description(command: Command) -> str:
    """Return a command's description; empty for docker-machine's texts that only repeat the synopsis."""
    if not command.description or command.origin + command.description in _OBVIOUS:
        return ""
    return _description(command, "machsh")


def example(command: Command, text: str) -> str:
    """Return an example as typed in the system's shell: with `machsh` in front."""
    return text if "machsh " in text else f"machsh {text}"


def _shown_name(argument: Argument) -> str:
    """Return an argument's name; `VERB` for one of many words, which the description lists."""
    return "VERB" if argument.name.count("|") >= MANY_WORDS else argument.name


def _word(name: str, count: str) -> str:
    return {"": name, "?": f"[{name}]", "+": f"{name}...", "*": f"[{name}...]"}[count]


def _option_lines(options: Sequence[Option], columns: int) -> list[str]:
    cells = [(spellings(one), explanation(one)) for one in options]
    width = min(max((len(left) for left, _ in cells), default=0), 34)
    return [
        _hanging(
            f"  {left:<{width}}  " if len(left) <= width else f"  {left}\n{'':<{width + 4}}", right, columns
        )
        for left, right in cells
    ]


def _paragraph(text: str, columns: int) -> str:
    """Return a line of text in several; one that is indented is an item of a list, and hangs."""
    body = text.lstrip()
    first, rest = body.partition(" ")[::2] if body != text else ("", body)
    indent = " " * (len(text) - len(body))
    return _hanging(f"{indent}{first} " if first else "", rest, columns) if body else ""


def _hanging(head: str, text: str, columns: int) -> str:
    """Return the head and the text behind it, whose further lines begin below its first."""
    from textwrap import wrap

    indent = " " * len(head.rpartition("\n")[2])
    room = max(columns - len(indent), 20)
    lines = wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return head + f"\n{indent}".join(lines) if lines else head.rstrip()


def _columns(environment: Environment) -> int:
    """Return the width for help: the terminal's, as far as lines stay easy to read."""
    from machsh.output import console

    return min(console.size(environment, environment.stdout)[0], MOST_COLUMNS)


def spellings(option: Option) -> str:
    """Return an option's short and long form, with its choices or the kind of its value."""
    if len(option.name) == 1:
        return f"-{option.name}"
    short = f"-{option.short}, " if option.short else "    "
    value = "" if option.kind is Kind.BOOL else f" {'|'.join(option.choices) or option.kind.name}"
    return f"{short}--{option.name}{value}"


def explanation(option: Option) -> str:
    """Return an option's help text with its default and its variable."""
    notes = []
    if option.kind is Kind.LIST:
        notes.append("may be repeated")
    default = option.shown_default()
    if default not in (None, "", False) and not option.secret:
        notes.append(f"default {default}")
    if option.variable:
        notes.append(f"${option.variable}")
    return option.help.rstrip(".") + (f" ({', '.join(notes)})" if notes else "")
