"""Inside a room no modules import each other in a circle, late imports counted."""

import ast

import pytest

from tests.rules.sources import PACKAGE, imported, modules, tree

OPEN = ("machine", "certs")
"""Rooms without circles; the others follow."""


def used(path):
    """Every module that may be meant: `from machsh.machine import life` means machsh.machine.life."""
    members = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return members | {target for _, target in imported(path)}


def circles(room):
    names = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
        for path in modules()
        if path.is_relative_to(PACKAGE / room)
    }
    uses = {name: (used(path) & names.keys()) - {name} for name, path in names.items()}
    # Whoever uses nobody any more is taken away, again and again; what stays is in a circle or above one.
    while free := [name for name, used in uses.items() if not used & uses.keys()]:
        for name in free:
            del uses[name]
    return uses


@pytest.mark.parametrize("room", OPEN)
def test_a_room_has_no_circle(room):
    assert circles(room) == {}
