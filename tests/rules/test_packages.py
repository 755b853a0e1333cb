"""A package's `__init__` does not import the package's own modules.

Otherwise, if one thread imports the package while another imports one of its modules, each waits for the import
lock that the other holds; Python resolves this deadlock with an error in one of them.
"""

import ast
import os
import subprocess
import sys

import pytest

from tests.rules.sources import PACKAGE, TOP, modules, shown, tree

PACKAGES = [path for path in modules() if path.name == "__init__.py"]


def imported_at_once(path):
    """The dotted names that importing the file imports; what is under `if TYPE_CHECKING` or in a function is not."""
    for node in tree(path).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", PACKAGES, ids=shown)
def test_a_package_leaves_its_modules_alone(path):
    dotted = ".".join(path.parent.relative_to(PACKAGE.parent).parts)
    assert [
        name for name in imported_at_once(path) if name.startswith(f"{dotted}.") and dotted != "machsh"
    ] == []


# `typing` is there before the threads, as in every program of ours: dataclasses (Python 3.11) look at a half imported one.
RACE = """
import importlib, sys, threading, typing
package, module, name = sys.argv[1:]
start, failures = threading.Barrier(2), []

def race(load):
    start.wait()
    try:
        load()
    except BaseException as error:
        failures.append(repr(error))

ways = (lambda: importlib.import_module(module), lambda: getattr(importlib.import_module(package), name))
threads = [threading.Thread(target=race, args=(way,)) for way in ways]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("; ".join(failures) or 0)
"""


@pytest.mark.parametrize(
    ("package", "module", "name"),
    [
        ("machsh.language", "machsh.language.parser", "is_complete"),
        ("machsh.go.template", "machsh.go.template.evaluator", "Template"),
    ],
)
def test_two_threads_import_a_package_and_its_module_at_once(package, module, name):
    variables = {**os.environ, "PYTHONPATH": str(TOP)}
    for _ in range(10):
        words = [sys.executable, "-c", RACE, package, module, name]
        done = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
