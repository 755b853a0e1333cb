"""`env`: prints the lines that point docker in the user's shell at a machine."""

from __future__ import annotations

import os
from contextlib import suppress

from machsh.commands.command import Context
from machsh.commands.flags import WrongWordsError
from machsh.commands.handlers import env_lines, targets
from machsh.commands.handlers.env_lines import Dialect
from machsh.commands.handlers.inspect import checked_endpoint
from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.machine.naming import LOCAL
from machsh.output.results import Text

_UNKNOWN_SHELL = (
    "The default lines below are for a sh/bash shell, you can specify the shell you're using, "
    "with the --shell flag.\n\n"
)


def env(context: Context) -> Text:
    """Return the lines to evaluate: they set the variables; for `--unset` or `local` they remove them."""
    if context.values.flag("unset"):
        return _unset(context)
    name = targets.target_or_manager(context)
    if name == LOCAL and not context.machines.store.exists(LOCAL):
        return _unset_lines(context)
    endpoint = checked_endpoint(context, name, "Error checking TLS connection")
    dialect = env_lines.dialect_of(shell(context))
    platform = context.environment.platform
    values = env_lines.variable_values(endpoint.url, str(endpoint.certificates or ""), name, platform)
    lines = [dialect.set(variable, value) for variable, value in values.items()]
    if context.machines.get(name).is_over_ssh:  # another machine's would make docker speak TLS to a socket
        lines = [*dialect.unset_all(env_lines.TLS_VARIABLES), *lines]
    if context.values.flag("no-proxy"):
        lines.append(dialect.set(*_no_proxy(context, name)))
    return _with_hint(lines, dialect, context, name)


def _unset(context: Context) -> Text:
    if context.words:
        raise UsageError(
            "Error: Expected no machine name when the -u flag is present", hint="leave the name out"
        )
    return _unset_lines(context)


def _unset_lines(context: Context) -> Text:
    dialect = env_lines.dialect_of(shell(context))
    names = env_lines.variable_names(context.environment.platform)
    lines = [dialect.unset(variable) for variable in names]
    if context.values.flag("no-proxy"):
        if not context.environment.is_docker_machine:  # whose own lines hold for a quoted `eval` alone
            lines = dialect.unset_all(names)
        lines.append(_without_machines(context, dialect))
    return _with_hint(lines, dialect, context, *context.words)


def _with_hint(lines: list[str], dialect: Dialect, context: Context, *words: str) -> Text:
    return Text(env_lines.env_text(dialect, lines, targets.typed(context, words)))


def _proxy_variable(environment: Environment) -> tuple[str, str]:
    """Return the variable to change and its value: `no_proxy` if that is set, else `NO_PROXY`."""
    small = environment.variable("no_proxy")
    return ("no_proxy", small) if small else ("NO_PROXY", environment.variable("NO_PROXY") or "")


def _no_proxy(context: Context, name: str) -> tuple[str, str]:
    variable, value = _proxy_variable(context.environment)
    try:
        address = context.machines.get(name).ip()
    except MachshError as error:
        from machsh.machine.errors import prefixed

        raise prefixed("Error getting host IP", error) from error
    if not value:
        return variable, address
    return variable, value if address in value else f"{value},{address}"


def _without_machines(context: Context, dialect: Dialect) -> str:
    """Return the line that removes machines' addresses from the proxy variable and keeps the user's own."""
    variable, value = _proxy_variable(context.environment)
    ours = _known_addresses(context)
    kept = ",".join(part for part in value.split(",") if part and part not in ours)
    return dialect.set(variable, kept) if kept else dialect.unset(variable)


def _known_addresses(context: Context) -> set[str]:
    found = set()
    for name in context.machines.names():
        with suppress(MachshError):  # a broken record has no address
            found.add(str(context.machines.get(name).record.driver.get("IPAddress", "")))
    return found


def shell(context: Context) -> str:
    """Return the shell to write for: `--shell`, else the one in `SHELL`.

    If neither is set, return `sh`, or on Windows the shell that other variables indicate. Called as
    docker-machine, raise its WrongWordsError instead, except on Windows.
    """
    given = context.values.text("shell")
    if given:
        return given
    environment = context.environment
    path = environment.variable("SHELL")
    if environment.platform == "win32":
        return _windows_shell(environment, path)
    if path:
        return os.path.basename(path)
    if environment.is_docker_machine:
        raise WrongWordsError("Error: Unknown shell", preface=_UNKNOWN_SHELL)
    return "sh"


def _windows_shell(environment: Environment, path: str | None) -> str:
    if path and environment.variable("__fish_bin_dir"):
        return "fish"
    if path:
        return os.path.basename(path)
    # PowerShell sets PSModulePath for its children, and cmd sets PROMPT.
    return (
        "powershell" if environment.variable("PSModulePath") and not environment.variable("PROMPT") else "cmd"
    )
