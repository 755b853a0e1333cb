"""`machsh.api` is complete, documented and cheap to import; plugins import only it and `machsh.testing`."""

import ast
import json
import re
import subprocess
import sys

import pytest

from machsh import api
from tests.rules.sources import PACKAGE, TOP, imported, shown, tree
from tests.rules.test_imports import HEAVY

PUBLIC = ("machsh.api", "machsh.testing")
PLUGINS = sorted(path for path in (TOP / "plugins").rglob("*.py") if "build" not in path.parts)
EXAMPLES = sorted((TOP / "examples" / "plugins").glob("*.py"))
TEMPLATES = sorted((PACKAGE / "plugin" / "templates").glob("*.py.in"))


def passed_on():
    """Module and names of each import under `if TYPE_CHECKING`."""
    for node in ast.walk(tree(PACKAGE / "api.py")):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("machsh."):
            assert all(alias.asname == alias.name for alias in node.names), node.module
            yield node.module, tuple(alias.name for alias in node.names)


def foreign(module):
    """The names of machsh that a syntax tree imports past the public modules."""
    for node in ast.walk(module):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] == "machsh" and not name.startswith(PUBLIC):
                yield name


def test_every_name_can_be_had_and_the_list_is_sorted():
    assert list(api.__all__) == sorted(set(api.__all__))
    assert dir(api) == list(api.__all__)
    for name in api.__all__:
        getattr(api, name)


def test_type_checkers_see_the_same_names():
    assert dict(passed_on()) == api.HOMES
    assert list(api.HOMES) == sorted(api.HOMES)


def test_an_unknown_name_is_an_ordinary_error():
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = api.nonsense
    with pytest.raises(ImportError):
        from machsh.api import nonsense  # noqa: F401


def test_every_name_is_in_the_reference_with_what_it_is():
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (.*) \|$", (TOP / "docs/reference/api.md").read_text(), re.MULTILINE)
    )
    assert list(rows) == list(api.__all__)
    assert [name for name, text in rows.items() if len(text) < 10] == []


def test_importing_it_imports_nothing_heavy():
    program = f"import json, sys, machsh.api; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=TOP, check=True
    )
    assert json.loads(done.stdout) == []
    program = "import sys, machsh.api; print(*sorted(n for n in sys.modules if n.startswith('machsh')))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=TOP, check=True
    )
    assert done.stdout.split() == ["machsh", "machsh.api"]


@pytest.mark.parametrize("path", PLUGINS, ids=shown)
def test_a_plugin_imports_the_public_modules_only(path):
    assert list(foreign(tree(path))) == []


@pytest.mark.parametrize("path", [*EXAMPLES, *TEMPLATES], ids=shown)
def test_examples_and_templates_import_the_public_modules_only(path):
    assert list(foreign(tree(path))) == []


def test_the_rule_sees_a_private_import():
    assert list(foreign(ast.parse("from machsh.drivers.driver import Driver"))) == [
        "machsh.drivers.driver.Driver"
    ]
    assert list(foreign(ast.parse("import machsh.options"))) == ["machsh.options"]
    assert (
        list(foreign(ast.parse("from machsh.api import Driver\nfrom machsh.testing.fakes import FakeHost")))
        == []
    )


def test_no_room_imports_it():
    users = [
        shown(path) for path in PACKAGE.rglob("*.py") for _, name in imported(path) if name == "machsh.api"
    ]
    assert users == []
