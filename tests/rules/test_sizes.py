"""Limits the size of modules and functions, the number of parameters and the depth of nesting."""

import ast

import pytest

from tests.rules.sources import modules, room, shown, tree

MODULE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 6
NESTING = 4
TABLES_OF_DATA = {"machsh/commands/declarations/docker_machine.py"}
"""Declarations, not logic: they may be longer."""

DOMAIN_WORDS = {"PackageManager"}
"""The field's own word for the thing, not a class that manages others."""

BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def functions(path):
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def depth(node, level=0):
    deepest = level
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, depth(child, level + (isinstance(child, BLOCKS) and not is_elif)))
    return deepest


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_module_is_not_crowded(path):
    if shown(path) in TABLES_OF_DATA:
        return
    assert len(path.read_text().splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_functions_are_short_flat_and_take_few_parameters(path):
    wrong = []
    for node in functions(path):
        lines = (node.end_lineno or 0) - node.lineno + 1
        parameters = [one.arg for one in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
        parameters = [one for one in parameters if one not in ("self", "cls")]
        if lines > FUNCTION_LINES:
            wrong.append(f"{node.name}:{node.lineno} has {lines} lines")
        if len(parameters) > PARAMETERS and not (room(path) == "testing" and node.name == "__init__"):
            wrong.append(f"{node.name}:{node.lineno} takes {len(parameters)} parameters")
        if depth(node) > NESTING:
            wrong.append(f"{node.name}:{node.lineno} is nested {depth(node)} deep")
    assert wrong == []


def test_names_say_what_a_module_is():
    forbidden = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "impl"}
    assert [shown(path) for path in modules() if path.stem in forbidden] == []


def test_class_names_are_plain_nouns():
    wrong = [
        f"{shown(path)}: {node.name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and node.name not in DOMAIN_WORDS
        and node.name.endswith(("Manager", "Helper", "Impl"))
    ]
    assert wrong == []
