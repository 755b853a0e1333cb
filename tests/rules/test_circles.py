"""No import cycles within a package, counting imports in functions and under TYPE_CHECKING."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.rules.sources import PACKAGE, modules, room, tree

ROOMS = sorted({room(path) for path in modules()})


def dotted(path):
    """The module's name; a package's own is the package's."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def used(path, known):
    """The modules that an import means: `from machsh.machine import life` means machsh.machine.power alone."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= members if members <= known else {node.module, *members}
    return found & known - {dotted(path)}


def circle(uses):
    """One circle among modules and those that they use; empty without any."""
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_has_no_circle(name):
    names = {dotted(path): path for path in modules() if room(path) == name}
    assert circle({one: used(path, set(names)) for one, path in names.items()}) == []


def test_the_rule_sees_a_circle():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "c", "b", "a"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
