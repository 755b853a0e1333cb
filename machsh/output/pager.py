"""Shows long output in the user's pager. Imported only when there is long output."""

from __future__ import annotations

import shlex
import subprocess

from machsh.environment import Environment

OPTIONS = "RXF"
"""LESS where the user has not set it: show colours, leave the text on the screen, quit if it fits."""


def page(environment: Environment, text: str) -> bool:
    """Show the text in PAGER (default: less) until the user quits it; False when there is no such program."""
    words = shlex.split(environment.variable("PAGER") or "less")
    changes: dict[str, str | None] = (
        {} if environment.variables.get("LESS") is not None else {"LESS": OPTIONS}
    )
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=environment.stdout, env=environment.child_variables(changes)
        )
    except OSError:
        return False
    try:
        process.communicate(text.encode(errors="replace"))
    except KeyboardInterrupt:
        process.wait()  # less survives Ctrl-C, and owns the terminal until the user quits it
    return process.returncode != 127
