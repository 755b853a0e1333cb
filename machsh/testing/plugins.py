"""Plugins as machsh finds them: distributions through entry points, files in a folder of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from machsh.environment import Environment
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment


def load(group: str, name: str, environment: Environment | None = None) -> Any:
    """The object that the entry point gives. Raises AssertionError with all that is wrong with it."""
    catalog = Catalog(environment or FakeEnvironment())
    rows = [one for one in catalog.health() if (one.group, one.name) == (group, name)]
    assert rows, f"no entry point {name} in {group}"
    assert [one.error for one in rows] == [""], rows[0].error
    return catalog.find(group, name)


def install_file(text: str, home: Path, name: str = "mine") -> Environment:
    """An environment below `home` whose folder of plugins holds this file; for `load`."""
    environment = FakeEnvironment(home)
    folder = environment.config_folder / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return environment
