"""Crash reports: secrets removed, kept in the user's state folder, never sent anywhere."""

from __future__ import annotations

import shlex
import traceback
from pathlib import Path

from machsh import __version__
from machsh.environment import Environment
from machsh.secrets import cleaned


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
