"""The end of a guest's serial console, for the message of a boot that failed."""

from __future__ import annotations

import re
from pathlib import Path

from machsh.regular_file import open_regular

_LAST_BYTES = 64 << 10
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def last_lines(path: Path, count: int = 15) -> list[str]:
    """Return the last lines of a console's log that are not blank, as plain text; none if there is no log.

    At most 64 KiB are read, and each line has at most 300 characters. Escape sequences and control
    characters are taken out; a line that was written over, as progress bars do, keeps its last state.
    """
    try:
        with open_regular(path) as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LAST_BYTES))
            text = file.read(_LAST_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    lines = (plain(line) for line in text.split("\n"))
    return [line for line in lines if line.strip()][-count:]


def plain(line: str) -> str:
    """Return a console's line without escape sequences and control characters."""
    last_state = _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("", last_state).rstrip()[:300]
