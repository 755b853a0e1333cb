"""`ssh-config`: prints machines as hosts of OpenSSH's configuration, or keeps them there."""

from __future__ import annotations

from pathlib import Path

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.errors import UsageError
from machsh.machine.reach import ssh_hosts
from machsh.output.results import Text


def ssh_config(context: Context) -> Text | None:
    """Return the `Host` blocks, or with `--write` write them where ssh finds them.

    Raises UsageError for names with `--write`: the file always has all machines.
    """
    if not context.values.flag("write"):
        if "file" in context.values.given:
            raise UsageError("ssh-config: --file belongs to --write", hint="ssh-config --write --file FILE")
        return Text(ssh_hosts.blocks(context.machines, _names(context)).removesuffix("\n"))
    if context.words:
        raise UsageError("ssh-config --write writes all machines", hint="leave the names out")
    _write(context)
    return None


def _names(context: Context) -> list[str]:
    store = context.machines.store
    names = targets.named(context)
    for name in names:
        targets.require_machine(name, context)
        store.require(name)
    return names or context.machines.names()


def _write(context: Context) -> None:
    environment = context.environment
    given = context.values.text("file")
    file = Path(environment.absolute(given)) if given else ssh_hosts.default_file(environment)
    has_changed = ssh_hosts.write(context.machines, file)
    context.progress.info(f"{file} {'has all machines now' if has_changed else 'is up to date'}.")
    if ssh_hosts.is_included(environment, file):
        return
    line, config = ssh_hosts.include_line(file), ssh_hosts.users_file(environment)
    if context.values.flag("y") or (
        environment.is_interactive and context.ask.confirm(f"Put `{line}` at the top of {config}?")
    ):
        ssh_hosts.include(environment, file)
        context.progress.info(f"{config} includes it now.")
    else:
        context.progress.info(f"ssh finds them once this line is at the top of {config}: {line}")
