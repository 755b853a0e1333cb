"""The prompt for terminals without escape codes, such as Emacs' shell: no colours, no menus."""

from __future__ import annotations

import os
from collections.abc import Callable

from machsh.environment import Environment

CONTINUATION = "> "


def is_dumb(environment: Environment) -> bool:
    """Return whether the terminal may not understand escape codes."""
    return os.name == "posix" and (environment.is_dumb_terminal or not environment.variable("TERM"))


def read_line(environment: Environment, prompt: str, is_complete: Callable[[str], bool]) -> str:
    """Read a command of one or more lines. Raises EOFError at the end of the input."""
    text = ""
    while True:
        environment.stdout.write(CONTINUATION if text else prompt)
        environment.stdout.flush()
        line = environment.stdin.readline()
        if not line:
            environment.stdout.write("\n")
            if text:
                return text
            raise EOFError
        text += line
        if is_complete(text.removesuffix("\n")):
            return text.removesuffix("\n")
