"""Text is printed only by `machsh.output.console.put`; modules that write to a stream are listed here."""

import ast

from tests.rules.sources import modules, shown, tree

WRITERS = {
    "machsh/output/console.py": "the door",
    "machsh/cli/__init__.py": "quick answers, through the same filter",
    "machsh/commands/handlers/ssh.py": "what a remote command of the user's prints, as ssh passes it on",
    "machsh/commands/handlers/session_commands.py": "the code that clears a screen",
    "machsh/engine/sdk/__init__.py": "a note of ours",
    "machsh/engine/sdk/attach.py": "what a container of the user's prints",
    "machsh/engine/sdk/call.py": "docker's answers without its CLI",
    "machsh/engine/sdk/containers.py": "what a container of the user's prints",
    "machsh/plugin/printed.py": "what the user's plugins print",
    "machsh/process/foreground.py": "what a child of the user's prints",
    "machsh/shell/between_prompts.py": "blanks",
    "machsh/shell/app.py": "the bell",
    "machsh/shell/dumb_terminal.py": "the prompt of a terminal that can only print",
}


def is_stream(node):
    text = ast.unparse(node)
    return text in ("stream", "raw") or text.endswith(("stdout", "stderr", "_stream"))


def test_nobody_else_writes_to_a_stream():
    found = {
        shown(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("write", "writelines")
        and is_stream(node.func.value)
        and "machsh/testing/" not in shown(path)
    }
    assert found == set(WRITERS)
