"""The table's commands that tests of the shell need."""

from machsh.commands.command_table import built_in

COMMANDS = {command.name: command for command in built_in()}
