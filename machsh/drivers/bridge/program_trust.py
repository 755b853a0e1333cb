"""Which programs may be run as drivers: asked once for each, remembered by path and content."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from machsh.environment import Environment
from machsh.errors import MachshError, RefusedError
from machsh.files import check_unshared, locked, make_private_folder, write_atomically
from machsh.progress import Prompter
from machsh.record import parse_json
from machsh.regular_file import open_regular, read_text

_LARGEST = 1 << 20
_PIECE = 1 << 20
_LOCK = threading.RLock()
_trusted: set[tuple[object, ...]] = set()
"""Path and stamp of the programs that were checked in this process: `ls` asks for each machine."""
_declined: set[Path] = set()
"""Programs that the user said no to in this process."""


def program_stamp(path: Path) -> list[int]:
    """Return size, times and inode of a program: unchanged if it is. Nobody can set ctime back."""
    seen = path.stat()
    return [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]


def check(path: Path, environment: Environment, ask: Prompter | None) -> None:
    """Raise RefusedError unless the user trusts the program; ask if it is new or was changed.

    Started as docker-machine, which never asks, remember the first use without a question. Without
    `ask`, and in other threads than the main one, which owns the terminal, nobody is asked.
    """
    with _LOCK:
        key = _key(path, environment)
        if key in _trusted:
            return
        _check_places(path)
        known = _read(environment).get(str(path))
        if known and known.get("stamp") == program_stamp(path):
            _trusted.add(key)
            return
        digest = _digest(path)
        is_same = bool(known and known.get("sha256") == digest)
        if not is_same and not environment.is_docker_machine:
            _ask(path, ask, is_changed=known is not None)
        _remember(path, digest, environment)


def _key(path: Path, environment: Environment) -> tuple[object, ...]:
    """Return what has to be as it was for the answer of before to hold."""
    try:
        seen = [os.stat(place) for place in (path, *path.parents)]
        stamp = program_stamp(path)
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror or error}") from error
    return (str(_file(environment)), str(path), *stamp, *((one.st_mode, one.st_uid) for one in seen))


def _check_places(path: Path) -> None:
    try:
        check_unshared(path)
    except RefusedError as error:
        hint = f"{error.hint}; or move the program to a folder that is yours or root's, all the way up"
        raise RefusedError(f"the driver program {path} is not run: {error}", hint=hint) from error
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror or error}") from error


def _ask(path: Path, ask: Prompter | None, *, is_changed: bool) -> None:
    how = "has changed since it was last used" if is_changed else "was never used before"
    refusal = RefusedError(
        f"the driver program {path} {how}",
        hint="allow it with a command that uses it: machsh --yes status NAME, or create -d DRIVER --help",
    )
    if ask is None or path in _declined or threading.current_thread() is not threading.main_thread():
        raise refusal
    try:
        is_agreed = ask.confirm(f"The driver program {path} {how}. Run it?")
    except MachshError as error:
        refusal.hint = error.hint or refusal.hint
        raise refusal from error
    if not is_agreed:
        _declined.add(path)
        raise refusal


def _digest(path: Path) -> str:
    import hashlib

    digest = hashlib.sha256()
    try:
        with open_regular(path) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror or error}") from error
    return digest.hexdigest()


def _file(environment: Environment) -> Path:
    return environment.state_folder / "driver-programs.json"


def _read(environment: Environment) -> dict[str, dict[str, Any]]:
    """Return path -> what is known of it; empty if the file is missing or damaged."""
    try:
        found = parse_json(read_text(_file(environment), _LARGEST))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {path: entry for path, entry in found.items() if isinstance(entry, dict)}


def _remember(path: Path, digest: str, environment: Environment) -> None:
    file = _file(environment)
    make_private_folder(file.parent)
    with locked(file.with_suffix(".lock")):
        known = {one: entry for one, entry in _read(environment).items() if os.path.lexists(one)}
        known[str(path)] = {"sha256": digest, "stamp": program_stamp(path)}
        write_atomically(file, json.dumps(known, indent=2).encode())
