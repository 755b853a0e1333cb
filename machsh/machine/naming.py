"""Names of machines: the default, the reserved ones, and the rules for new ones."""

from __future__ import annotations

import os
import re

from machsh.errors import RefusedError

DEFAULT = "default"
"""The machine that commands use if none is named."""
LONGEST = 64
"""Maximum length of a host name on Linux: the machine's name becomes its host name."""
LOCAL = "local"
"""Name of this computer's own engine, which every session has."""
RESERVED = (LOCAL, "all")
"""Names with a meaning in the shell: this computer's engine, and all machines."""
ESCAPE = "machine:"
"""Prefix for a stored machine with a reserved name: `machine:local`."""

MARK = "@"
"""Stands before a selection of machines (`machsh.machine.selection`), where a name could stand as well."""

_VALID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-.]*", re.ASCII)


def check_name(name: str, prefix: str = "Error creating machine: ") -> None:
    """Raise RefusedError, with `prefix` before the reason, if `name` is not allowed for a new machine."""
    if not _VALID.fullmatch(name):
        raise RefusedError(
            f"{prefix}Invalid hostname specified. Allowed hostname chars are: 0-9a-zA-Z . -",
            hint="begin with a letter or a digit, for example: web-1",
        )
    if len(name) > LONGEST:
        raise RefusedError(
            f"{prefix}the name has {len(name)} characters, a host name holds {LONGEST}",
            hint="choose a shorter name",
        )
    if name in RESERVED:
        raise RefusedError(
            f'{prefix}the name "{name}" is reserved',
            hint=f'"{name}" has a meaning of its own in machsh; choose another name, for example: my-{name}',
        )


def stored(name: str) -> str:
    """Return the name in the store: `name` without the `machine:` prefix."""
    return name.removeprefix(ESCAPE)


def is_folder_name(name: str) -> bool:
    """Whether `name` is a single path component, neither `.` nor `..`, and so cannot leave the store."""
    if name in ("", ".", "..") or "\0" in name or os.sep in name or (os.altsep and os.altsep in name):
        return False
    return len(os.fsencode(name)) <= 255
