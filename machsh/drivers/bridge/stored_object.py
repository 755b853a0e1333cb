"""The `Driver` object of a record as the bytes that driver programs take and return."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from machsh.drivers.bridge.program_errors import DriverProgramError
from machsh.record import parse_json
from machsh.regular_file import LARGEST


def encode(stored: dict[str, Any]) -> bytes:
    """Return a stored object as JSON, with its order of keys and all its digits."""
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def object_of(content: bytes, program: Path) -> dict[str, Any]:
    """Return the object that a program keeps. Raises DriverProgramError if it is not one, or not storable."""
    if len(content) > LARGEST:
        raise DriverProgramError(f"the driver program {program} returns a record of {len(content):,} bytes")
    try:
        found = parse_json(content.decode("utf-8", "replace"))
    except ValueError as error:
        raise DriverProgramError(f"the driver program {program} returns a broken record: {error}") from error
    if not isinstance(found, dict):
        raise DriverProgramError(f"the driver program {program} returns a record that is no object")
    return found
