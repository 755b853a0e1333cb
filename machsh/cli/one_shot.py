"""One command of the process, with docker-machine's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machsh.commands import help as help_texts
from machsh.commands import table
from machsh.commands.command import Command
from machsh.commands.preparing import Surroundings, invoke
from machsh.commands.process import Request
from machsh.environment import Environment
from machsh.machine.machines import Machines
from machsh.output.question import Question
from machsh.output.results import Document, Exit, Result, Stream, Table, Text
from machsh.plugin.catalog import Catalog


@dataclass
class Lines:
    environment: Environment
    to_stderr: bool = False

    def step(self, text: str) -> None:
        stream = self.environment.stderr if self.to_stderr else self.environment.stdout
        stream.write(text + "\n")
        stream.flush()

    info = step
    warning = step

    def debug(self, text: str) -> None:
        if self.environment.debug:
            self.environment.stderr.write(text + "\n")


@dataclass
class OneShot:
    environment: Environment
    active: str = ""
    previous: str = ""
    status: int = 0
    folder: Path = field(default_factory=Path.cwd)
    is_one_shot: bool = True
    is_interactive: bool = False
    variables: dict[str, str] = field(default_factory=dict)

    def commands(self) -> Mapping[str, Command]:
        return {one.name: one for one in table.built_in()}

    def run_program(self, argv: Sequence[str]) -> int:
        from machsh.engine.foreground import Foreground

        return Foreground(self.environment).run(argv).code


def run(environment: Environment, request: Request) -> int:
    session: Any = OneShot(environment)
    name, *words = request.words
    command = table.find(name, table.built_in())
    if command is None:
        raise help_texts.unknown(name, environment, table.built_in())
    catalog = Catalog(environment)
    progress = Lines(environment, to_stderr=name in ("env", "config"))
    ask = Question(environment, is_yes=request.values.flag("yes"))
    machines = Machines(environment, catalog=catalog, progress=progress, ask=ask)
    result = invoke(command, words, Surroundings(environment, machines, catalog, session, progress, ask))
    return write(result, environment)


def write(result: Result, environment: Environment) -> int:
    out = environment.stdout
    if isinstance(result, Exit):
        return result.code
    if isinstance(result, Text):
        out.write(result.text + "\n")
    elif isinstance(result, Document):
        from machsh.record import go_json

        out.write(go_json(result.content) + "\n")
    elif isinstance(result, Stream):
        for piece in result.pieces:
            out.write(piece)
    elif isinstance(result, Table):
        rows = [list(result.columns), *map(list, result.rows)]
        widths = [max(5, max(len(row[at]) for row in rows) + 3) for at in range(len(rows[0]) - 1)]
        for row in rows:
            out.write("".join(cell.ljust(width) for cell, width in zip(row, widths)) + row[-1] + "\n")
    return 0
