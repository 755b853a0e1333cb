"""The built-in commands by name, for tests of the shell."""

from machsh.commands.command_table import built_in

COMMANDS = {command.name: command for command in built_in()}
