"""Finds local programs, and asks them for their version with a time limit."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from machsh.environment import Environment

SECONDS = 5.0
"""The time limit for each program."""


def find(program: str, environment: Environment) -> str:
    """Return the program's path from the user's PATH, or "" if it is missing."""
    return shutil.which(program, path=environment.variable("PATH") or "") or ""


def first_line(words: Sequence[str], environment: Environment) -> str:
    """Return the first line that a program prints on stdout, else on stderr; "" if it fails or hangs."""
    return next(iter(lines(words, environment)), "")


def lines(words: Sequence[str], environment: Environment) -> list[str]:
    """Return the lines that a program prints, stdout's first; none if it fails or hangs."""
    try:
        done = subprocess.run(
            words,
            env=environment.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    text = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace").strip()
    return [line.strip() for line in text.splitlines()] if done.returncode == 0 else []


def install_command(package: str, environment: Environment, *, brew: str = "") -> str:
    """Return the command that installs a package on this computer, or "" for no known package manager.

    `brew` is Homebrew's name of the package, if it differs.
    """
    if environment.platform == "darwin":
        return f"brew install {brew or package}"
    for manager, words in _MANAGERS.items():
        if find(manager, environment):
            return f"{words} {package}"
    return ""


_MANAGERS = {
    "apt-get": "sudo apt-get install",
    "dnf": "sudo dnf install",
    "zypper": "sudo zypper install",
    "pacman": "sudo pacman -S",
    "apk": "sudo apk add",
}
