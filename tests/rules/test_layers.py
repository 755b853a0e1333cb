"""Packages import only from lower layers; third-party packages, printing and process state have one home each."""

import ast

import pytest

from tests.rules.sources import ORDER, PACKAGE, imported, modules, room, shown, tree

RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
FREE = {
    "errors",
    "environment",
    "deadline",
    "progress",
    "files",
    "options",
    "record",
    "secrets",
    "regular_file",
    "validators",
    "suggest",
    "widths",
    "__init__",
}
HOMES = {
    "paramiko": {"ssh"},
    "cryptography": {"ssh", "certs", "age"},
    "docker": {"engine"},
    "prompt_toolkit": {"shell", "monitor"},
    "pygments": {"settings", "language", "shell", "output"},
    "wcwidth": {"widths"},
    "requests": {"engine", "drivers"},
    "pycdlib": {"drivers"},
    "virtualbox": {"drivers"},
    "qemu": {"drivers"},
    "yaml": {"cluster"},
}


def test_every_room_has_its_place_in_the_order():
    rooms = {room(path) for path in modules()} - {"__init__", "testing"}
    assert rooms == set(RANK) - ({"__main__"} - rooms)


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_imports_point_to_lower_rooms(path):
    here = room(path)
    if here in ("testing", "__init__"):
        return
    wrong = []
    for line, name in imported(path):
        if not name.startswith("machsh."):
            continue
        there = name.split(".")[1]
        if there in ("__version__", here) or there not in RANK:
            continue
        same_line = RANK[there] == RANK[here] and there not in FREE
        if RANK[there] > RANK[here] or same_line:
            wrong.append(f"{shown(path)}:{line} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_third_party_packages_stay_at_home(path):
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for line, name in imported(path)
        if (homes := HOMES.get(name.split(".")[0])) and room(path) not in homes | {"testing"}
    ]
    assert wrong == []


def test_only_output_shell_and_cli_print():
    wrong = [
        f"{shown(path)}:{node.lineno}"
        for path in modules()
        if room(path) not in ("output", "shell", "cli", "testing")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []


def test_only_environment_reads_the_process():
    wrong = [
        f"{shown(path)}:{node.lineno} {node.attr}"
        for path in modules()
        if path != PACKAGE / "environment.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("os", "environ"), ("os", "getenv"), ("sys", "argv")}
    ]
    assert wrong == []


def test_no_command_is_given_to_a_shell_as_a_string():
    wrong = [
        f"{shown(path)}:{node.value.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword)
        and node.arg == "shell"
        and isinstance(node.value, ast.Constant)
        and node.value.value is True
    ]
    assert wrong == []
