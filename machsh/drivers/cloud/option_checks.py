"""Checks of `create`'s options that cloud drivers share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from machsh.environment import Environment
from machsh.errors import PreCreateError, UsageError
from machsh.regular_file import read_text

_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
MOST_USER_DATA = 1 << 20
"""Size limit of a file with user data in bytes; providers allow much less."""


def refuse_options(wrong: Mapping[str, object], hint: str) -> None:
    """Raise UsageError with the first message whose condition is true."""
    for message, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(message, hint=hint)


def check_host_name(name: str, who: str) -> None:
    """Raise PreCreateError for a machine's name that a provider, `who`, takes for no host name (RFC 1123)."""
    if not all(_PART.fullmatch(part) for part in name.split(".")):
        raise PreCreateError(
            f"{who} takes no machine of the name {name}",
            hint="each part between dots has letters, digits and dashes, no dash at its ends, at most 63",
        )


def option_pairs(text: str, option: str) -> dict[str, str]:
    """Read docker-machine's `KEY,VALUE,KEY,VALUE`. Raises UsageError that names the `option`."""
    words = text.split(",") if text else []
    if len(words) % 2:
        raise UsageError(
            f"--{option} {text}: there is a key without a value", hint="give KEY,VALUE,KEY,VALUE"
        )
    return dict(zip(words[::2], words[1::2], strict=True))


def option_file(given: str, option: str, environment: Environment) -> str:
    """Return the absolute path of a file, "" for none. Raises UsageError if there is no such file."""
    path = environment.absolute(given) if given else ""
    if path and not Path(path).is_file():
        raise UsageError(f"--{option} {given}: there is no such file")
    return path


def option_text(path: Path | str, option: str, hint: str = "give the path of a file of this computer") -> str:
    """Return the content of a user's file, at most 1 MiB. Raises UsageError that names the `option`."""
    try:
        return read_text(Path(path), MOST_USER_DATA)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"--{option} {path}: {reason}", hint=hint) from error
