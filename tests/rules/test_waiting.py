"""Tests wait for conditions: a fixed pause is too short on a busy computer and too long on any other."""

import ast

import pytest

from tests.rules.sources import TOP, shown, tree

ALLOWED = {
    "tests/support/standin.py": "the command `sleep` of the stand-in shell",
    "tests/support/vboxmanage_standin.py": "a VBoxManage that hangs",
}
FILES = sorted([*(TOP / "tests").rglob("*.py"), *(TOP / "plugins").glob("*/tests/**/*.py")])


def pauses(path):
    """The lines that call a `sleep`, or bring one in under its bare name."""
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "sleep"
            and ast.unparse(node.value) in ("time", "asyncio")
        ):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "asyncio"):
            yield from (node.lineno for name in node.names if name.name == "sleep")


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_no_test_sleeps(path):
    assert list(pauses(path)) == [] or shown(path) in ALLOWED, "use tests.support.waiting.wait_until"


def test_every_exception_is_still_one():
    assert [name for name in ALLOWED if not list(pauses(TOP / name))] == []


def test_a_pause_is_found(tmp_path):
    file = tmp_path / "test_x.py"
    file.write_text("import time\nfrom time import sleep\ntime.sleep(1)\n")
    assert sorted(pauses(file)) == [2, 3]
