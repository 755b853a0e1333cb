"""Helpers for plugins' tests: load plugins as machsh does, and call commands on machines without hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from machsh.commands.command import Command
from machsh.environment import Environment
from machsh.output.results import Result
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk


def load(group: str, name: str, environment: Environment | None = None) -> Any:
    """Load and check a plugin's object by group and name. Raises AssertionError with all its problems."""
    catalog = Catalog(environment or FakeEnvironment())
    rows = [one for one in catalog.health() if (one.group, one.name) == (group, name)]
    assert rows, f"no entry point {name} in {group}"
    assert [one.error for one in rows] == [""], rows[0].error
    return catalog.find(group, name)


def install_file(text: str, home: Path, name: str = "mine") -> Environment:
    """Write a single-file plugin below `home`; return the environment to `load` it with."""
    environment = FakeEnvironment(home)
    folder = environment.config_folder / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return environment


def add_machine(home: Path, name: str, url: str = "tcp://127.0.0.1:1") -> None:
    """Add a machine of the driver `none` to the store of this home; it counts as running."""
    from machsh import cli

    environment = FakeEnvironment(home, arguments=("create", "-d", "none", "--url", url, name))
    assert cli.run(environment) == 0, environment.err


def call(command: Command, *words: str, home: Path) -> Result:
    """Parse the words as machsh does and call the command's handler; pass on its result or error."""
    from machsh.commands.invocation import CommandServices, invoke
    from machsh.session.opening import open_session
    from machsh.session.session import Mode

    environment = FakeEnvironment(home)
    session = open_session(environment, Mode.BATCH)
    services = CommandServices(
        environment,
        session.machines,
        session.catalog,
        session,
        session.runner,
        RecordingProgress(),
        ScriptedAsk(),
    )
    return invoke(command, words, services)
