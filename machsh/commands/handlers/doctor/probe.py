"""Asks programs of this computer for their version, each with a deadline."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from machsh.environment import Environment

SECONDS = 5.0
"""How long a program may take to answer."""


def find(program: str, environment: Environment) -> str:
    """The program's path on the user's PATH; "" when there is none."""
    return shutil.which(program, path=environment.variable("PATH") or "") or ""


def first_line(words: Sequence[str], environment: Environment) -> str:
    """The first line that a program prints, on either stream; "" when it fails, hangs or is not there."""
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
        return ""
    lines = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace").strip().splitlines()
    return lines[0].strip() if lines and done.returncode == 0 else ""


def install_command(package: str, environment: Environment, *, brew: str = "") -> str:
    """The command that installs a package with this computer's package manager; "" when none is known."""
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
