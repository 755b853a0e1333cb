"""Names of machines: the one that is meant without any, and which a new one may have."""

from __future__ import annotations

import os
import re

from machsh.errors import RefusedError

DEFAULT = "default"
"""The machine that is meant where no name is given."""
LONGEST = 64
"""Characters of a host name on Linux; a longer one could not be given to the host."""
LOCAL = "local"
"""The engine of this computer, a machine of every session."""
RESERVED = (LOCAL, "all")
"""Words of the shell: the engine of this computer, and every machine."""
ESCAPE = "machine:"
"""`machine:local` is a stored machine whose name is one of these words."""

_VALID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-.]*", re.ASCII)


def check_name(name: str) -> None:
    """Raise RefusedError when a new machine cannot be called so."""
    if not _VALID.fullmatch(name):
        raise RefusedError(
            "Error creating machine: Invalid hostname specified. Allowed hostname chars are: 0-9a-zA-Z . -",
            hint="begin with a letter or a digit, for example: web-1",
        )
    if len(name) > LONGEST:
        raise RefusedError(
            f"Error creating machine: the name has {len(name)} characters, a host name holds {LONGEST}",
            hint="choose a shorter name",
        )
    if name in RESERVED:
        raise RefusedError(
            f'Error creating machine: the name "{name}" is reserved',
            hint=f'"{name}" has a meaning of its own in machsh; choose another name, for example: my-{name}',
        )


def stored(name: str) -> str:
    """The name in the store that a word stands for."""
    return name.removeprefix(ESCAPE)


def is_folder_name(name: str) -> bool:
    """Whether a name stays inside the store's folder: one path component, neither `.` nor `..`."""
    if name in ("", ".", "..") or "\0" in name or os.sep in name or (os.altsep and os.altsep in name):
        return False
    return len(os.fsencode(name)) <= 255
