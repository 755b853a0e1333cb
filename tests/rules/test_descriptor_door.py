"""`select.select` fails from descriptor 1,024 on: what is waited for goes through `machsh.descriptors`."""

import ast

from tests.rules.sources import modules, shown, tree


def uses_of_select(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in (
            "select.select",
            "selectors.SelectSelector",
        ):
            yield shown(path)
        if isinstance(node, ast.ImportFrom) and node.module == "select":
            yield shown(path)


def test_select_is_called_nowhere():
    assert {name for path in modules() for name in uses_of_select(path)} == {"machsh/descriptors.py"}
