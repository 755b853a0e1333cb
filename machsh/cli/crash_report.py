"""Crash reports: secrets removed, kept in the user's state folder, never sent anywhere."""

from __future__ import annotations

import shlex
import traceback
from pathlib import Path

from machsh import __version__
from machsh.environment import Environment
from machsh.secrets import HIDDEN, find, is_secret_name, redacted

_SHORTEST = 4
"""Do not hide shorter values: they are no real secrets, and occur all over the report."""


def report(error: BaseException, environment: Environment) -> Path | None:
    """Write the report and return its path; None if it cannot be written."""
    from machsh.errors import MachshError
    from machsh.files import make_private_folder, write_atomically

    folder = environment.state_folder / "crashes"
    stamp = f"{environment.now():.0f}"
    path = folder / f"crash-{stamp}.txt"
    try:
        make_private_folder(folder)
        write_atomically(path, text(error, environment).encode("utf-8", "replace"))
    except (MachshError, OSError):
        return None
    return path


def text(error: BaseException, environment: Environment) -> str:
    """Return the report's text: version, platform, command line and traceback, without secrets."""
    import platform

    lines = [
        f"machsh {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"called: {environment.program} {shlex.join(environment.arguments)}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    return cleaned("\n".join(lines), environment)


def cleaned(content: str, environment: Environment) -> str:
    """Remove secrets from the text: values of variables and options with secret names, private keys."""
    found = [value for name, value in environment.variables.items() if is_secret_name(name)]
    called = shlex.join(environment.arguments)
    found += [called[secret.start : secret.end].strip("'\"") for secret in find(called)]
    for value in sorted(found, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            content = content.replace(value, HIDDEN)
    return redacted(content)
