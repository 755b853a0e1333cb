"""Every session of requests with which drivers of clouds ask comes through `limited_session`."""

import ast

from tests.rules.sources import PACKAGE, TOP, shown, tree

SOURCES = ("requests", "google.auth.transport.requests")
ASKED = ("Session", "AuthorizedSession", "get", "post", "put", "delete", "head", "request", "session")


def drivers():
    yield from sorted((PACKAGE / "drivers" / "cloud").glob("*.py"))
    yield from sorted(TOP.glob("plugins/*/machsh_*/*.py"))
    yield from sorted((TOP / "examples" / "plugins").glob("*.py"))


def names_of(module):
    """The module's names for what asks: `requests.Session`, or `Session` where that is imported."""
    yield from (f"requests.{name}" for name in ASKED)
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module in SOURCES:
            yield from (alias.asname or alias.name for alias in node.names if alias.name in ASKED)


def test_no_session_is_opened_but_for_limited_session():
    bare, limited = [], 0
    for path in drivers():
        module = tree(path)
        names, calls = set(names_of(module)), [one for one in ast.walk(module) if isinstance(one, ast.Call)]
        good = {
            id(argument)
            for call in calls
            if ast.unparse(call.func).endswith("limited_session")
            for argument in call.args
        }
        asking = [call for call in calls if ast.unparse(call.func) in names]
        limited += len([call for call in asking if id(call) in good])
        bare += [f"{shown(path)}:{call.lineno}" for call in asking if id(call) not in good]
    assert bare == []
    assert limited >= 8


def test_nobody_else_mounts_the_adapter():
    found = {shown(path) for path in drivers() if "retry_adapter(" in path.read_text()}
    assert found == {"machsh/drivers/cloud/api_retry.py", "machsh/drivers/cloud/limited_session.py"}
