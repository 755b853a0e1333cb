"""A session: the active machine, the variables and the exit code, private to one shell or batch."""

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
from machsh.engine.address import SSH
from machsh.engine.endpoint import Endpoint
from machsh.engine.sdk import OnceFlag
from machsh.environment import Environment
from machsh.errors import MachineNotFoundError, MachshError
from machsh.machine.naming import LOCAL, stored
from machsh.machine.selection import CLUSTER
from machsh.session.call_context import CallRegistry
from machsh.session.hooks import SessionHooks
from machsh.session.machine_sockets import MachineSockets
from machsh.suggest import did_you_mean

if TYPE_CHECKING:
    from machsh.cluster.manager_in_use import ManagerInUse
    from machsh.machine.machine import Machine
    from machsh.machine.machines import Machines
    from machsh.plugin.catalog import Catalog

PREVIOUS = "-"


class Mode(Enum):
    """How machsh was started."""

    ONE_SHOT = "one-shot"
    BATCH = "batch"
    SHELL = "shell"


class Session:
    """The state that lines run in; commands see it as a `commands.command.CommandSession`."""

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
        self.is_selected = False
        self.hooks = SessionHooks()
        self.sockets = MachineSockets(environment, machines)
        self.listeners: list[Callable[[str], None]] = []
        """Called with the active machine's name ("" for none) after `use`, and after its removal."""
        self.cluster: ManagerInUse | None = None
        """The cluster in use; the active machine is then the manager that answers for it."""
        self._machine = ""
        self.previous = ""
        self.status = 0
        self.arguments: list[str] = []
        self.aliases: Mapping[str, str] = {}
        """The user's aliases from the settings file: word -> its replacement."""
        self.problems: tuple[str, ...] = ()
        """Mistakes in the settings file, one line each."""
        self.left: int | None = None
        """The exit code given to `exit`; None while the session goes on."""
        self.has_pager = False
        self.cli_notes = OnceFlag()
        """Ensures that the note about a missing docker CLI is printed once, even for many machines."""
        self.kept_docker_words: frozenset[str] | None = None
        """Cache of `resolve.docker_words`; None before its first use."""
        self._variables: dict[str, str] = {}
        self._commands: dict[str, Command] | None = None

    # What commands see

    @property
    def active(self) -> str:
        """The active machine's name; empty for none. The setter ends the use of a cluster."""
        return self.cluster.manager if self.cluster else self._machine

    @active.setter
    def active(self, name: str) -> None:
        self._machine, self.cluster = name, None

    @property
    def place(self) -> str:
        """The last `use`: the active machine's name, or `cluster:NAME`."""
        return f"{CLUSTER}{self.cluster.cluster}" if self.cluster else self._machine

    @property
    def is_interactive(self) -> bool:
        """Whether this session is the interactive shell's."""
        return self.mode is Mode.SHELL

    @property
    def variables(self) -> dict[str, str]:
        """The session's own variables; children see them too."""
        return self._variables

    @property
    def folder(self) -> Path:
        """The working directory. The setter raises MachshError if it cannot be entered."""
        try:
            return Path.cwd()
        except OSError:  # it has been removed
            return Path(self.environment.variable("PWD") or "/")

    @folder.setter
    def folder(self, folder: Path) -> None:
        try:
            os.chdir(folder)
        except OSError as error:
            raise MachshError(f"cd: {folder}: {(error.strerror or str(error)).lower()}") from error
        self.environment.variables["PWD"] = str(folder)

    def use(self, name: str) -> None:
        """Make a machine or a cluster active; `-` means the previous one.

        A machine does not use the network; a cluster asks which manager answers. Raises
        MachineNotFoundError, NoManagerError, or MachshError for `-` without a previous one.
        """
        wanted = self.previous if name == PREVIOUS else name
        if not wanted:
            raise MachshError("there is no machine to go back to", hint="use NAME; ls lists the machines")
        former = self.place
        self.enter(wanted)
        if self.place != former:
            self.previous = former
        self.tell_listeners()

    def enter(self, name: str) -> None:
        """Make a machine or a cluster (`NAME` or `cluster:NAME`) active. Raises what `use` raises."""
        former = self.cluster
        if name == LOCAL or self.machines.store.exists(self.stored(name)):
            self.active = name
        else:
            cluster = self._cluster_named(name)
            if former is not None and former.cluster == cluster:
                return
            from machsh.cluster.manager_in_use import ManagerInUse

            wanted = ManagerInUse(self.machines, cluster)
            wanted.reach()
            self.cluster = wanted
        if former is not None:
            former.close()

    def _cluster_named(self, name: str) -> str:
        """Return the cluster that a word means if no machine has the name. Raises MachineNotFoundError."""
        from machsh.cluster.members import clusters, members

        if name.startswith(CLUSTER):
            members(self.machines, name.removeprefix(CLUSTER))  # raises the error that knows the clusters
            return name.removeprefix(CLUSTER)
        known = clusters(self.machines)
        if name not in known:
            hint = did_you_mean(name, [LOCAL, *self.machines.names(), *known])
            raise MachineNotFoundError(name, hint=hint)
        return name

    def drop_removed(self, names: Sequence[str]) -> None:
        """Forget removed machines, and a cluster in use that has none any more.

        After an active one, use `local` if its engine answers, else none.
        """
        gone = {name for name in names if not self.machines.store.exists(name)}
        if self.stored(self.previous) in gone:
            self.previous = ""
        if self.cluster is not None:
            is_gone = not self.cluster.has_members  # else the next command finds another manager
        else:
            is_gone = self.stored(self.active) in gone and self.active != LOCAL
        if is_gone:
            if self.cluster is not None:
                self.cluster.close()
            self.active = LOCAL if local_engine.answers(self.environment) else ""
            self.tell_listeners()

    def follow_rename(self, former: str, name: str) -> None:
        """Go on with a renamed machine under its new name, if it is the active or the previous one."""
        if self.stored(self.previous) == former:
            self.previous = name
        if self.active != LOCAL and self.stored(self.active) == former:
            if self.cluster is not None:
                self.cluster.rename(former, name)
            else:
                self.active = name
            self.tell_listeners()

    def tell_listeners(self) -> None:
        """Call all listeners with the active machine's name."""
        for listener in self.listeners:
            listener(self.active)

    def check(self, name: str) -> None:
        """Raise MachineNotFoundError unless the store has a machine of that name, or it is `local`."""
        if name == LOCAL or self.machines.store.exists(self.stored(name)):
            return
        raise MachineNotFoundError(name, hint=did_you_mean(name, [LOCAL, *self.machines.names()]))

    def stored(self, name: str) -> str:
        """Return the machine's name in the store, without a `machine:` prefix."""
        return stored(name)

    def endpoint(self, name: str = "") -> Endpoint:
        """Return the endpoint of the named (else the active) machine. No network. Raises MachshError."""
        wanted = name or self.active
        if not wanted:
            hint = "use NAME makes one active; create makes a new one, for example: create -d docker web"
            raise MachshError("no machine is active", hint=hint)
        if wanted == LOCAL:
            return local_engine.endpoint(self.environment)
        return self.machines.get(self.stored(wanted)).endpoint()

    def docker_endpoint(self, *, connects: bool = True) -> Endpoint:
        """Return the active machine's endpoint for docker children: a local socket instead of ssh.

        It is the relay's socket if the machine has one. With `connects`, log in to a machine over ssh, so
        that an error is raised here. Raises MachshError.
        """
        found = self.hooks.docker_endpoint(self.active, self.endpoint())
        machine = self._over_ssh(found)
        return self.sockets.endpoint(machine, connects=connects) if machine else found

    def program_endpoint(self) -> Endpoint:
        """Return the active machine's endpoint for the user's programs; uses no network.

        It is the engine's own address, but a local socket for a machine over ssh: they do not know our key.
        """
        found = self.endpoint()
        machine = self._over_ssh(found)
        return self.sockets.endpoint(machine, connects=False) if machine else found

    def _over_ssh(self, endpoint: Endpoint) -> Machine | None:
        """Return the active machine if this endpoint is its engine's over ssh, else None."""
        if endpoint.scheme != SSH or self.active == LOCAL:
            return None
        machine = self.machines.get(self.stored(self.active))
        return machine if machine.is_over_ssh else None

    @property
    def runner(self) -> LineRunner:
        """Runs lines, files, docker and programs in this session."""
        return self._runner_of(self)

    def leave(self, code: int) -> None:
        """End the session with this exit code after the running line (`exit`)."""
        self.left = code

    def commands(self) -> Mapping[str, Command]:
        """Return every command by name. The first call searches for plugins, which takes time."""
        if self._commands is None:
            from machsh.plugin.catalog import COMMANDS

            found = {command.name: command for command in self.catalog.all(COMMANDS)}
            found.update({command.name: command for command in command_table.built_in()})
            self._commands = found
        return self._commands

    def forget_commands(self) -> None:
        """Drop the cached commands, because plugins were reloaded."""
        self._commands = None

    # What the executor needs

    def command(self, word: str) -> Command | None:
        """Return the command of that name or alias. Searches plugins only if no built-in one matches.

        If the program was called as docker-machine, only docker-machine's commands exist.
        """
        found = command_table.find(word, command_table.built_in())
        if self.environment.is_docker_machine:
            return found if found and found.in_docker_machine else None
        return found or command_table.find(word, self.commands().values())

    def for_machine(self, name: str) -> Session:
        """Return a fork of this session with another active machine."""
        other = self.fork()
        other.active, other.previous = name, self.place
        other.is_selected = True
        return other

    def fork(self) -> Session:
        """Return a copy whose active machine, variables and status are independent of this session."""
        other = copy.copy(self)
        other._variables = dict(self._variables)
        return other

    def lookup(self, name: str) -> str | None:
        """Return a variable's value: the session's own, else the environment's; None if unset."""
        if name in self._variables:
            return self._variables[name]
        return self.environment.variables.get(name)

    def close(self) -> None:
        """Close the sockets to machines, and the machines' open connections."""
        if self.cluster is not None:
            self.cluster.close()
        self.sockets.close()
        self.machines.close()
