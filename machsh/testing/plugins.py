"""Helpers for plugins' tests: load a plugin as machsh does, from an entry point or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from machsh.environment import Environment
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment


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
