"""The identity of a store: a random token by which drivers mark what they make outside of it.

A path would not do: stores on two computers, or in two containers, may have the same one and share an engine.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from machsh.errors import MachshError
from machsh.files import locked, write_atomically
from machsh.record import parse_json
from machsh.regular_file import read_text
from machsh.validators import NAME

FILE = ".machsh-store"


def store_id(folder: Path) -> str:
    """Return the identity of the store in `folder`, made with the first call. Raises MachshError.

    A store that was copied or moved has another one: what the original made is not its own.
    """
    return known_store_id(folder) or _new_id(folder)


def known_store_id(folder: Path) -> str:
    """Return the identity of the store in `folder`; "" if it has none yet. Writes nothing."""
    try:
        stored = parse_json(read_text(folder / FILE))
    except (OSError, ValueError, MachshError):
        return ""
    identity = stored.get("id") if isinstance(stored, dict) else None
    is_here = isinstance(stored, dict) and stored.get("place") == _place(folder)
    return identity if is_here and isinstance(identity, str) and NAME.accepts(identity) else ""


def _new_id(folder: Path) -> str:
    with locked(folder / f"{FILE}.lock"):
        known = known_store_id(folder)
        if known:
            return known
        identity = os.urandom(16).hex()
        content = json.dumps({"id": identity, "place": _place(folder)})
        write_atomically(folder / FILE, f"{content}\n".encode())
    return identity


def _place(folder: Path) -> str:
    return f"{socket.gethostname()}:{os.path.realpath(folder)}"
