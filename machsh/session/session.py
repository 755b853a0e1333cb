"""A session: the active machine, variables, and the way to run lines. Two shells are two sessions."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands import command_table
from machsh.commands.command import Command, LineRunner
from machsh.engine import local_engine
from machsh.engine.endpoint import Endpoint
from machsh.engine.sdk import OnceFlag
from machsh.environment import Environment
from machsh.errors import MachineNotFoundError, MachshError
from machsh.machine.naming import LOCAL, stored
from machsh.session.call_context import CallRegistry
from machsh.session.hooks import SessionHooks
from machsh.suggest import did_you_mean

if TYPE_CHECKING:
    from machsh.machine.machines import Machines
    from machsh.plugin.catalog import Catalog

PREVIOUS = "-"


class Mode(Enum):
    """Which of the three ways in."""

    ONE_SHOT = "one-shot"
    BATCH = "batch"
    SHELL = "shell"


class Session:
    """What a line runs in; commands see it through `commands.command.Session`."""

    def __init__(
        self,
        environment: Environment,
        machines: Machines,
        catalog: Catalog,
        calls: CallRegistry,
        runner_of: Callable[[Session], LineRunner],
        mode: Mode = Mode.ONE_SHOT,
    ) -> None:
        self.environment = environment
        self.machines = machines
        self.catalog = catalog
        self.calls = calls
        self._runner_of = runner_of
        self.mode = mode
        self.is_one_shot = mode is Mode.ONE_SHOT
        self.hooks = SessionHooks()
        self.listeners: list[Callable[[str], None]] = []
        """Told the machine's name whenever another one, or none, has become the active one."""
        self.active = ""
        self.previous = ""
        self.status = 0
        self.arguments: list[str] = []
        self.aliases: Mapping[str, str] = {}
        """The user's own words, from the settings file."""
        self.problems: tuple[str, ...] = ()
        """What is wrong with the settings file, one line each."""
        self.left: int | None = None
        """The exit code that `exit` gave; None while the session goes on."""
        self.has_pager = False
        self.cli_notes = OnceFlag()
        """Says once that there is no docker CLI, however many machines a line is for."""
        self.kept_docker_words: frozenset[str] | None = None
        """docker's commands once they have been asked for."""
        self._variables: dict[str, str] = {}
        self._commands: dict[str, Command] | None = None

    # What commands see

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at the shell's prompt."""
        return self.mode is Mode.SHELL

    @property
    def variables(self) -> dict[str, str]:
        """The session's own variables; children see them too."""
        return self._variables

    @property
    def folder(self) -> Path:
        """Where relative paths start."""
        try:
            return Path.cwd()
        except OSError:  # it was removed meanwhile
            return Path(self.environment.variable("PWD") or "/")

    @folder.setter
    def folder(self, folder: Path) -> None:
        try:
            os.chdir(folder)
        except OSError as error:
            raise MachshError(f"cd: {folder}: {(error.strerror or str(error)).lower()}") from error
        self.environment.variables["PWD"] = str(folder)

    def use(self, name: str) -> None:
        """Make a machine active; `-` goes back. Touches no network. Raises MachineNotFoundError."""
        wanted = self.previous if name == PREVIOUS else name
        if not wanted:
            raise MachshError("there is no machine to go back to", hint="use NAME; ls lists the machines")
        self.check(wanted)
        if wanted != self.active:
            self.active, self.previous = wanted, self.active
        self.tell_listeners()

    def drop_removed(self, names: Sequence[str]) -> None:
        """Leave machines that were removed: `local` takes an active one's place, or nobody does."""
        gone = {name for name in names if not self.machines.store.exists(name)}
        if self.stored(self.previous) in gone:
            self.previous = ""
        if self.active != LOCAL and self.stored(self.active) in gone:
            self.active = LOCAL if local_engine.answers(self.environment) else ""
            self.tell_listeners()

    def tell_listeners(self) -> None:
        """Tell which machine is the active one now."""
        for listener in self.listeners:
            listener(self.active)

    def check(self, name: str) -> None:
        """Raise MachineNotFoundError unless there is a machine of that name; looks at the store only."""
        if name == LOCAL or self.machines.store.exists(self.stored(name)):
            return
        raise MachineNotFoundError(name, hint=did_you_mean(name, [LOCAL, *self.machines.names()]))

    def stored(self, name: str) -> str:
        """The name in the store that a session's name stands for."""
        return stored(name)

    def endpoint(self, name: str = "") -> Endpoint:
        """How docker reaches the named, else the active, machine's engine. No network. Raises MachshError."""
        wanted = name or self.active
        if not wanted:
            hint = "use NAME makes one active; create makes a new one, for example: create -d docker web"
            raise MachshError("no machine is active", hint=hint)
        if wanted == LOCAL:
            return local_engine.endpoint(self.environment)
        return self.machines.get(self.stored(wanted)).endpoint()

    @property
    def runner(self) -> LineRunner:
        """What runs lines, files, docker and programs in this session."""
        return self._runner_of(self)

    def leave(self, code: int) -> None:
        """End the session after the running line (`exit`)."""
        self.left = code

    def commands(self) -> Mapping[str, Command]:
        """Every command by name, plugins' included; plugins are looked for here, not before."""
        if self._commands is None:
            from machsh.plugin.catalog import COMMANDS

            found = {command.name: command for command in self.catalog.all(COMMANDS)}
            found.update({command.name: command for command in command_table.built_in()})
            self._commands = found
        return self._commands

    def forget_commands(self) -> None:
        """Look for plugins' commands again: they were reloaded."""
        self._commands = None

    # What the executor needs

    def command(self, word: str) -> Command | None:
        """The command of that name or alias. Plugins are asked only for a word that is not built in.

        Called as docker-machine, only docker-machine's own commands exist.
        """
        found = command_table.find(word, command_table.built_in())
        if self.environment.is_docker_machine:
            return found if found and found.in_docker_machine else None
        return found or command_table.find(word, self.commands().values())

    def for_machine(self, name: str) -> Session:
        """A session like this one on another machine: what runs in it changes nothing here."""
        other = self.fork()
        other.active, other.previous = name, self.active
        return other

    def fork(self) -> Session:
        """A session like this one: what runs in it changes nothing here."""
        other = copy.copy(self)
        other._variables = dict(self._variables)
        return other

    def lookup(self, name: str) -> str | None:
        """A variable's value: the session's own, else the environment's; None when unset."""
        if name in self._variables:
            return self._variables[name]
        return self.environment.variables.get(name)

    def close(self) -> None:
        """End kept connections."""
        self.machines.close()
