"""Each kind by which an option of a plugin completes is one that the plugin's distribution offers."""

import tomllib
from importlib import import_module

import pytest

from tests.rules.sources import TOP

PROJECTS = [path for path in sorted(TOP.glob("plugins/*/pyproject.toml")) if path.parent.name != "notify"]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_the_kinds_of_options_are_offered(path):
    groups = tomllib.loads(path.read_text())["project"]["entry-points"]
    kinds = groups["machsh.completions.v1"]
    for place in groups["machsh.drivers.v1"].values():
        module, _, name = place.partition(":")
        options = getattr(import_module(module), name).options
        used = {one.values for one in options if "." in one.values}
        assert used == set(kinds)
    for place in kinds.values():
        module, _, name = place.partition(":")
        assert callable(getattr(import_module(module), name))
