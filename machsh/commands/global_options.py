"""The arguments of the process: global options, then a command or a batch file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from machsh.commands import flags
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.options import Kind, Option, Values

VERSION = Option("version", "print the version", Kind.BOOL, short="v")

CLASSIC = (
    Option("debug", "Enable debug mode", Kind.BOOL, short="D"),
    Option(
        "storage-path", "Configures storage path", variable="MACHINE_STORAGE_PATH", short="s", values="folder"
    ),
    Option("tls-ca-cert", "CA to verify remotes against", variable="MACHINE_TLS_CA_CERT", values="file"),
    Option(
        "tls-ca-key", "Private key to generate certificates", variable="MACHINE_TLS_CA_KEY", values="file"
    ),
    Option(
        "tls-client-cert", "Client cert to use for TLS", variable="MACHINE_TLS_CLIENT_CERT", values="file"
    ),
    Option(
        "tls-client-key",
        "Private key used in client TLS auth",
        variable="MACHINE_TLS_CLIENT_KEY",
        values="file",
    ),
    Option(
        "github-api-token",
        "Token to use for requests to the Github API",
        variable="MACHINE_GITHUB_API_TOKEN",
        secret=True,
    ),
    Option(
        "native-ssh",
        "Use the native (Go-based) SSH implementation.",
        Kind.BOOL,
        variable="MACHINE_NATIVE_SSH",
    ),
    Option(
        "bugsnag-api-token",
        "BugSnag API token for crash reporting",
        variable="MACHINE_BUGSNAG_API_TOKEN",
        secret=True,
    ),
)

OWN = (
    Option("machine", "Start on this machine", short="m", values="machine", ours=True),
    Option("command", "Run this text instead of a file; may be repeated", Kind.LIST, short="c", ours=True),
    Option("check", "Check a batch without running it", Kind.BOOL, short="n", ours=True),
    Option("trace", "Print each line of a batch before it runs", Kind.BOOL, short="x", ours=True),
    Option("interactive", "Stay in the shell after the batch", Kind.BOOL, short="i", ours=True),
    Option("keep-going", "Go on after a line that failed", Kind.BOOL, ours=True),
    Option("checkpoint", "Note in this file which lines are done", values="file", ours=True),
    Option("resume", "Skip the lines that the checkpoint says are done", Kind.BOOL, ours=True),
    Option("yes", "Answer yes to every question", Kind.BOOL, short="y", ours=True),
    Option(
        "timeout",
        "How long one step or command may take, in seconds",
        Kind.INT,
        variable="MACHSH_TIMEOUT",
        ours=True,
    ),
    Option("color", "When to colour", default="auto", choices=("auto", "always", "never"), ours=True),
)

GLOBAL_OPTIONS = CLASSIC + OWN


def global_options(environment: Environment) -> tuple[Option, ...]:
    """Return the options allowed before the command; under docker-machine's name only those it has."""
    return CLASSIC if environment.is_docker_machine else GLOBAL_OPTIONS


BATCH_SUFFIX = ".machsh"


@dataclass(slots=True)
class Request:
    """The parsed arguments of the process."""

    values: Values
    words: list[str] = field(default_factory=list)
    """The command or the batch file, and the words after it."""
    is_batch_file: bool = False


def read(environment: Environment) -> Request:
    """Parse the process's arguments, and store in `environment` what concerns all commands.

    That is debugging, colour, and the variables of the given options (the store's folder, certificate paths,
    ...). Raises UsageError, or MachshError for an invalid MACHINE_DEBUG.
    """
    values, words = flags.parse_flags(
        (*global_options(environment), VERSION), list(environment.arguments), environment
    )
    environment.debug = wants_debug(environment)
    if "color" in values.given:
        environment.color, environment.is_color_given = values.text("color"), True
    for option in GLOBAL_OPTIONS:
        if option.variable and option.name in values.given:
            environment.take(option.variable, _as_variable(values, option))
    return Request(values, words, is_batch_file=_is_batch_file(words, environment))


def _as_variable(values: Values, option: Option) -> str:
    return values.text(option.name).lower() if option.kind is Kind.BOOL else values.text(option.name)


def wants_debug(environment: Environment) -> bool:
    """Whether to debug: MACHINE_DEBUG if set, else `-D` anywhere on the line.

    Raises MachshError when MACHINE_DEBUG is not a boolean.
    """
    text = environment.variable("MACHINE_DEBUG")
    if text is None:
        return any(word in ("-D", "--debug", "-debug") for word in environment.arguments)
    if text not in flags.TRUE | flags.FALSE:
        raise MachshError(
            "Error parsing boolean value from MACHINE_DEBUG: "
            f'strconv.ParseBool: parsing "{text}": invalid syntax',
            hint="set MACHINE_DEBUG to true or false, or unset it",
        )
    return text in flags.TRUE


def _is_batch_file(words: list[str], environment: Environment) -> bool:
    """Whether the first word ends in the batch suffix, or is a path with a separator to an existing file."""
    if not words or environment.is_docker_machine:
        return False
    return words[0].endswith(BATCH_SUFFIX) or (os.sep in words[0] and os.path.isfile(words[0]))
