"""Only the drivers' package refers to drivers by name; other code checks their capabilities."""

import ast

import pytest

from machsh.drivers.capabilities import BUILT_IN as CAPABILITIES
from machsh.drivers.registry import BUILT_IN, find
from machsh.plugin.catalog import NoPlugins
from tests.rules.sources import modules, room, shown, tree

NAMES = {
    *BUILT_IN,
    "amazonec2", "azure", "ci-test", "digitalocean", "exoscale", "google", "hyperv", "openstack", "qemu", "rackspace",
    "softlayer", "virtualbox", "vmwarefusion", "vmwarevcloudair", "vmwarevsphere",
}  # fmt: skip
"""Our drivers' names, and docker-machine's."""


def constants(node):
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return {one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def is_about_a_driver(node):
    return not constants(node) and "driver" in ast.unparse(node).lower()


def questions(module):
    """Lines that compare something of a driver with a driver's name, or ask for a driver's class."""
    for node in ast.walk(module):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(constants(one) & NAMES for one in sides) and any(map(is_about_a_driver, sides)):
                yield node.lineno
        elif isinstance(node, ast.Match) and is_about_a_driver(node.subject):
            yield node.lineno
        elif isinstance(node, ast.Tuple | ast.List | ast.Set) and len(constants(node) & NAMES) > 1:
            yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asked = ast.unparse(node.args[1]) if node.func.id == "isinstance" and len(node.args) > 1 else ""
            if asked.endswith("Driver") and asked != "Driver":
                yield node.lineno


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_no_code_asks_for_a_driver_by_name(path):
    if room(path) not in ("drivers", "testing"):
        assert [f"{shown(path)}:{line}" for line in questions(tree(path))] == []


@pytest.mark.parametrize(
    "text",
    [
        'machine.driver.name == "docker"',
        'record["DriverName"] in ("none", "ci-test")',
        '"virtualbox" != request.driver',
        'FIXED = ("none", "generic")',
        "isinstance(driver, ImageDriver)",
    ],
)
def test_the_rule_sees_such_a_question(text):
    assert list(questions(ast.parse(text)))


def test_every_built_in_driver_has_its_capabilities_in_the_table():
    assert CAPABILITIES.keys() == BUILT_IN.keys()
    assert {name: find(name, NoPlugins()).capabilities for name in BUILT_IN} == CAPABILITIES
