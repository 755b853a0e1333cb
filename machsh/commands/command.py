"""A command is data with a handler named by a dotted path, imported when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from machsh.environment import Environment
from machsh.machine.naming import LOCAL as LOCAL
from machsh.options import Argument, Option, Values
from machsh.progress import Progress, Prompter

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint
    from machsh.machine.machines import Machines
    from machsh.output.results import Result
    from machsh.plugin.catalog import Catalog


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
    """What is destroyed, for the safety question; empty for a harmless command."""
    is_raw: bool = False
    """Takes its words as they are: no option is parsed (`ssh`, `docker`)."""
    in_docker_machine: bool = False
    """One of docker-machine's own commands."""
    in_session_only: bool = False
    """Only means something inside a shell or a batch file (`use`, `set`)."""
    takes_driver_options: bool = False
    """`create`: the chosen driver's options are added once `--driver` is known."""
    origin: str = ""
    """The plugin that brought it; empty for a built-in one."""


class LineRunner(Protocol):
    """Runs lines and programs in a session; `machsh.session` implements it."""

    def run_docker(self, words: Sequence[str], name: str = "") -> int:
        """Pass words to docker on the named (else the active) machine; its exit code."""

    def run_program(self, argv: Sequence[str]) -> int:
        """Give a program of this computer the terminal; its exit code. Raises MachshError."""

    def execute(self, text: str) -> int:
        """Run a line of machsh's language; its exit code."""

    def run_file(self, path: Path, arguments: Sequence[str]) -> int:
        """Run a batch file in this session (`source`); its exit code."""


class CommandSession(Protocol):
    """The part of a session that commands use; `machsh.session` implements it."""

    active: str
    """Name of the active machine, `local`, or empty when there is neither."""
    previous: str
    status: int
    folder: Path
    """Where relative paths start and `!` runs; `cd` changes it."""
    is_one_shot: bool
    """One command of a process, without a shell or a batch around it: docker-machine's rules for names."""

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at the shell's prompt."""

    @property
    def variables(self) -> dict[str, str]:
        """The session's variables."""

    def use(self, name: str) -> None:
        """Make a machine active; `-` goes back. Touches no network. Raises MachineNotFoundError."""

    def drop_removed(self, names: Sequence[str]) -> None:
        """Leave machines that were removed: one of them can be active no longer."""

    def endpoint(self, name: str = "") -> Endpoint:
        """How docker reaches the named (else the active) machine's engine."""

    def leave(self, code: int) -> None:
        """End the session after the running line (`exit`)."""

    def commands(self) -> Mapping[str, Command]:
        """Every command by name, plugins' included."""

    def forget_commands(self) -> None:
        """Look for plugins' commands again when they are asked for next."""


@dataclass(slots=True)
class Context:
    """What a handler gets."""

    environment: Environment
    machines: Machines
    session: CommandSession
    runner: LineRunner
    progress: Progress
    ask: Prompter
    command: Command
    values: Values
    words: list[str]
    """The positional words (all words of a raw command)."""
    catalog: Catalog
    """What plugins offer."""


Handler = Callable[[Context], "Result"]
