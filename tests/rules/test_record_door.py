"""Stored records are changed only through `Store.change`, which loads, changes and saves under a lock."""

import ast

from tests.rules.sources import modules, room, shown, tree

STORE = "machsh/machine/records/store.py"
HELD = {
    f"machsh/machine/{name}.py"
    for name in (
        *("machine", "bulk_operation", "creating/creation", "endpoint_change", "removal"),
        *("alteration/rename", "alteration/reconfigure"),
    )
}
"""They carry what a long operation changed over to the stored record, while they hold the machine."""
KEEPERS = {"machine", "cluster", "watching", "manifest", "monitor", "commands", "session", "shell", "cli"}
"""The rooms that see a machine's record; a driver's own record is its own affair until it is carried over."""


def nodes(kind):
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, kind):
                yield path, node


def chain(node):
    """The names of `a.b.c`, else only its attributes."""
    names = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else names


def saves(path, node):
    """Whether this call saves a machine or a whole record."""
    *receiver, call = chain(node.func) or [""]
    return call == "save" and room(path) in KEEPERS and receiver[-1:] != ["tree"]


def test_only_the_store_writes_records():
    written = {
        shown(path)
        for path, node in nodes(ast.Call)
        if chain(node.func)[-1:] == ["write_atomically"]
        and any("CONFIG" in chain(part) or "config_path" in ast.dump(part) for part in ast.walk(node))
    }
    assert written == {STORE}


def test_whole_records_are_saved_nowhere_else():
    assert {shown(path) for path, node in nodes(ast.Call) if saves(path, node)} <= {STORE, *HELD}
    whole = {shown(path) for path, node in nodes(ast.Call) if chain(node.func)[-2:] == ["store", "save"]}
    assert whole == set()


def test_a_loaded_record_is_not_changed_but_by_who_holds_the_machine():
    changed = set()
    for path, node in nodes((ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            names = chain(target) if isinstance(target, ast.Attribute) else []
            if room(path) in KEEPERS and "record" in names[:-1] and names[0] != "record":
                changed.add(shown(path))
    assert changed <= HELD
