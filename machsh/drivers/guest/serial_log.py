"""The log of a guest's serial console: its end, for the message of a boot that failed, and its bounds."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from machsh.files import PRIVATE_FILE, write_atomically
from machsh.regular_file import open_regular

CONSOLE, OLD_CONSOLE = "console.log", "console.log.old"
"""Names in the machine's folder: the log of the present boot, and what was before it."""
MOST_BYTES = 16 << 20
"""Limit for the disk space of a log."""
_KEPT_BYTES = 1 << 20
_LAST_WORDS = "---[ end Kernel panic"
"""What Linux prints last when it has failed and does not reboot by itself."""
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


def end_of(path: Path) -> str:
    """Return the last lines for an error's message, which they follow."""
    lines = last_lines(path)
    if not lines:
        return "; its console shows nothing"
    return "; its console ends with:\n" + "\n".join(f"    {line}" for line in lines)


def has_panicked(path: Path) -> bool:
    """Whether the guest's Linux has ended in a panic, after which nothing more comes."""
    return any(_LAST_WORDS in line for line in last_lines(path))


def begin(folder: Path) -> None:
    """Begin a new log for the next boot; the log of the boot before is kept, and older ones are not."""
    with suppress(OSError):
        (folder / CONSOLE).replace(folder / OLD_CONSOLE)


def bound(folder: Path) -> None:
    """Empty a log of more than 16 MiB, into which a hypervisor may be writing; its last MiB is kept apart.

    No hypervisor limits the log, and a guest may write without end. Never raises: it is called in passing.
    """
    path = folder / CONSOLE
    with suppress(OSError):
        if _disk_bytes(path) <= MOST_BYTES:
            return
        with open_regular(path) as file:
            file.seek(-_KEPT_BYTES, os.SEEK_END)
            kept = file.read(_KEPT_BYTES)
        os.truncate(path, 0)
        write_atomically(folder / OLD_CONSOLE, kept, PRIVATE_FILE)


def _disk_bytes(path: Path) -> int:
    """Return the space that a file takes. A file emptied under a writer that keeps its place has a hole."""
    status = path.lstat()
    return int(getattr(status, "st_blocks", 0)) * 512 or status.st_size
