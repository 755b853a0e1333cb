"""Only `machsh.engine.http` reads an engine's responses; other modules that use HTTP are listed here."""

import ast

from tests.rules.sources import modules, room, shown, tree

SPEAKERS = {
    "machsh/engine/http.py": "the door",
    "machsh/drivers/bridge/wire/rpc.py": "one line, by which a driver program turns the connection into net/rpc",
    "machsh/drivers/bridge/wire/rpc_server.py": "the same, and its refusal",
    "machsh/engine/relay/exchange.py": "follows what others say, to know when a connection is as good as new",
    "machsh/engine/relay/pump.py": "answers clients, and asks nobody",
    "machsh/engine/tls_context.py": "wants one byte of an answer, as the proof that TLS was accepted",
}


def constants(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def test_nobody_else_speaks_http():
    found = {
        shown(path)
        for path in modules()
        if room(path) != "testing" and any("HTTP/1" in text for text in constants(path))
    }
    assert found == set(SPEAKERS)


def test_nobody_imports_another_client():
    clients = {"http.client", "urllib.request", "httpx", "aiohttp", "urllib3"}
    found = {
        shown(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Import) and clients & {alias.name for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and node.module in clients)
    }
    assert found == set()
