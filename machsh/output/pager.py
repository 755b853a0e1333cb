"""Long output through the user's pager. This module is imported only when there is some."""

from __future__ import annotations

import shlex
import subprocess

from machsh.environment import Environment

OPTIONS = "RXF"
"""What `less` is told when the user has not said: keep colours and the screen, quit when it fits."""


def page(environment: Environment, text: str) -> bool:
    """Show the text in the pager and wait for the user; False when there is no pager."""
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
        process.wait()  # less does not end at Ctrl-C: the terminal is its own until the user leaves it
    return process.returncode != 127
