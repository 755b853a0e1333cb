"""The types of the command table. A command is data; its handler is a dotted path, imported when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from machsh.environment import Environment
from machsh.machine.naming import LOCAL as LOCAL
from machsh.machine.naming import MARK
from machsh.options import Argument, Option, Values
from machsh.progress import Progress, Prompter

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint
    from machsh.machine.machines import Machines
    from machsh.output.results import Result
    from machsh.plugin.catalog import Catalog


@dataclass(frozen=True, slots=True)
class CommandVerb:
    """What a command's first word may be, where that decides what follows."""

    name: str
    syntax: str
    """The words after it."""
    summary: str
    options: tuple[str, ...] = ()
    """Long names of the command's options that go with it."""

    @property
    def written(self) -> str:
        """The verb with what follows it."""
        return f"{self.name} {self.syntax}".rstrip()


@dataclass(frozen=True, slots=True)
class Command:
    """One command, declared once: parsing, help, completion, colours, docs and safety questions read it."""

    name: str
    summary: str
    handler: str
    """`module:function`, called as `function(context) -> Result`."""
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    aliases: tuple[str, ...] = ()
    description: str = ""
    examples: tuple[str, ...] = ()
    loses: str = ""
    """What the command destroys, for the safety question; empty for a harmless command."""
    is_raw: bool = False
    """Whether all words go to the handler without parsing options (`ssh`, `docker`)."""
    in_docker_machine: bool = False
    """Whether docker-machine has this command."""
    in_session_only: bool = False
    """Whether the command works only in the shell or in a batch file (`use`, `set`)."""
    takes_driver_options: bool = False
    """Whether the options of the driver named by `--driver` are added (`create`)."""
    is_docker_word: bool = False
    """Whether docker has a command of this name, too: it is meant unless a selection (`@all`) follows."""
    verbs: tuple[CommandVerb, ...] = ()
    origin: str = ""
    """The plugin that provides the command; empty for a built-in one."""

    def verb(self, name: str) -> CommandVerb | None:
        """Return a verb by its name, or None."""
        return next((one for one in self.verbs if one.name == name), None)

    @property
    def help_line(self) -> str:
        """The line that prints its help; `NAME --help` may be docker's."""
        return f"machsh help {self.name}" if self.is_docker_word else f"machsh {self.name} --help"

    def is_meant(self, words: Sequence[str]) -> bool:
        """Whether the words behind its name are for it; docker's command of this name takes all others."""
        return not self.is_docker_word or (bool(words) and words[0].startswith(MARK))


class LineRunner(Protocol):
    """Runs lines and programs in a session; `machsh.session` implements it."""

    def run_docker(self, words: Sequence[str], name: str = "") -> int:
        """Run docker with these words on the named (else the active) machine; return its exit code."""

    def run_program(self, argv: Sequence[str]) -> int:
        """Run a local program in the foreground and return its exit code. Raises MachshError."""

    def execute(self, text: str) -> int:
        """Run a line of machsh's language and return its exit code."""

    def run_file(self, path: Path, arguments: Sequence[str]) -> int:
        """Run a batch file in this session (`source`) and return its exit code."""


class CommandSession(Protocol):
    """The part of a session that commands use; `machsh.session` implements it."""

    active: str
    """The active machine's name, `local` for the engine of this computer, or empty for neither."""
    previous: str
    status: int
    folder: Path
    """Where relative paths start and `!` runs; `cd` changes it."""
    is_one_shot: bool
    """Whether the process runs a single command, not a shell or batch: docker-machine's name rules apply."""
    is_selected: bool
    """Whether the active machine was selected for this command alone, by `@NAME` before it."""

    @property
    def place(self) -> str:
        """The last `use`: the active machine's name, or `cluster:NAME`, with a manager active."""

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at the shell's prompt."""

    @property
    def variables(self) -> dict[str, str]:
        """The session's variables."""

    def use(self, name: str) -> None:
        """Make a machine or a cluster active; `-` means the previous one.

        Only a cluster uses the network. Raises MachshError.
        """

    def drop_removed(self, names: Sequence[str]) -> None:
        """Forget removed machines, and a cluster in use that has ended.

        `local`, if its engine answers, or none replaces an active one.
        """

    def follow_rename(self, former: str, name: str) -> None:
        """Go on with a renamed machine under its new name."""

    def endpoint(self, name: str = "") -> Endpoint:
        """Return how docker reaches the engine of the named (else the active) machine."""

    def leave(self, code: int) -> None:
        """End the session after the running line (`exit`)."""

    def commands(self) -> Mapping[str, Command]:
        """Return all commands by name, including those of plugins."""

    def forget_commands(self) -> None:
        """Clear the cache of `commands`, so that its next call looks for plugins again."""


@dataclass(slots=True)
class Context:
    """The argument of a handler: the session, its services and the parsed command line."""

    environment: Environment
    machines: Machines
    session: CommandSession
    runner: LineRunner
    progress: Progress
    ask: Prompter
    command: Command
    values: Values
    words: list[str]
    """The positional words; all words if the command is raw."""
    catalog: Catalog
    """The plugins and what they add."""

    def conclude(self, text: str) -> None:
        """Say what came out, below the steps that led to it."""
        self.progress.end()
        self.progress.info(text)


Handler = Callable[[Context], "Result"]
