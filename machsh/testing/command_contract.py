"""The test suite that every command of a plugin must pass; plugin authors can run it, too.

class TestGreet(CommandContract):
    command = greet
"""

from __future__ import annotations

import shlex
from typing import ClassVar

from machsh.commands import flags
from machsh.commands.command import Command
from machsh.commands.help import of_command
from machsh.commands.invocation import check_choices
from machsh.options import Count
from machsh.plugin.contracts import problems, trial
from machsh.testing.fakes import FakeEnvironment


class CommandContract:
    """Subclass it, and set `command`."""

    command: ClassVar[Command]

    def test_its_declaration_is_good(self) -> None:
        """Name, options and arguments are well formed and free, and the handler can be called."""
        without_docker = FakeEnvironment(variables={"PATH": ""})
        assert [*problems("COMMANDS", self.command.name, self.command)] == []
        assert [*trial("COMMANDS", self.command, without_docker)] == []

    def test_it_says_what_it_is_for(self) -> None:
        """`help` lists the summary, and each option and argument has a text."""
        command = self.command
        assert command.summary
        assert [one.name for one in command.options if not one.help] == []
        assert [one.name for one in command.arguments if not one.help] == []
        assert command.summary in of_command(command, FakeEnvironment())

    def test_its_examples_are_lines_that_it_takes(self) -> None:
        """Each example begins with the command's name, and its options and words are right."""
        assert self.command.examples
        for example in self.command.examples:
            name, *words = shlex.split(example)
            assert name == self.command.name
            values, rest = flags.parse(self.command, words, FakeEnvironment())
            check_choices(self.command, values)
            assert self._takes(len(rest)), example

    def _takes(self, given: int) -> bool:
        counts = [one.count for one in self.command.arguments]
        least = sum(count in (Count.ONE, Count.MANY) for count in counts)
        is_open = any(count in (Count.MANY, Count.ANY) for count in counts)
        return self.command.is_raw or (given >= least and (is_open or given <= len(counts)))
