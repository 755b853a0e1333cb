"""The handler of `help`."""

from __future__ import annotations

from machsh.commands import help as texts
from machsh.commands.command import Context
from machsh.commands.command_table import find
from machsh.commands.invocation import options_of_driver
from machsh.output.results import Text


def help(context: Context) -> Text:
    """Return the help of the program, or of one command. Raises MachshError for an unknown command."""
    is_classic = context.environment.is_docker_machine
    commands = [one for one in context.session.commands().values() if one.in_docker_machine or not is_classic]
    if not context.words:
        return Text(texts.application(context.environment, commands))
    word = context.words[0]
    command = find(word, commands)
    if command is None:
        raise texts.unknown(word, context.environment, commands)
    options = options_of_driver(command, context.words[1:], context.environment, context.catalog)
    return Text(texts.of_command(command, context.environment, options))
