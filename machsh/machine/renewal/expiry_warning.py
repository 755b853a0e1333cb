"""Warns of certificates that end soon, from the files alone; cheap enough for every `ls` and every prompt."""

from __future__ import annotations

import math
from pathlib import Path

from machsh.certs.expiry import end_of
from machsh.machine.certificates import RENEW_DAYS
from machsh.machine.machine import Machine
from machsh.regular_file import read_regular

_DAY = 86_400.0
_ends: dict[tuple[Path, int, int], float] = {}
"""Path, mtime and size of a certificate -> when it ends; machines share two of their three."""


def expiry_warning(machine: Machine, now: float) -> str:
    """Return a line with the remedy if a certificate of the machine ends within RENEW_DAYS, else "".

    The certificate that ends first counts. Missing and unreadable files are ignored here: `certs` reports
    them.
    """
    ends = _ends_of(machine)
    if not ends or ends[0][0] - now > RENEW_DAYS * _DAY:
        return ""
    end, what, words = ends[0]
    return f"{what} {time_left(end - now)}: machsh certs renew {words}"


def days_left(machine: Machine, now: float) -> int | None:
    """Return the whole days until the first certificate of the machine ends, negative once it has.

    None if the machine has no server certificate.
    """
    ends = _ends_of(machine)
    return math.floor((ends[0][0] - now) / _DAY) if ends else None


def _ends_of(machine: Machine) -> list[tuple[float, str, str]]:
    """Return when each certificate ends, what it is, and the words that renew it; the first to end first."""
    auth, name = machine.record.auth, machine.name
    if not auth.server_cert_path or _end(Path(auth.server_cert_path)) is None:
        return []
    files = (
        (auth.server_cert_path, f"certificate of {name}", name),
        (auth.client_cert_path, "client certificate", "--client"),
        (auth.ca_cert_path, "certificate authority", "--ca"),
    )
    return sorted((end, what, words) for path, what, words in files if (end := _end(Path(path))) is not None)


def time_left(seconds: float) -> str:
    """Return when a certificate ends, or ended: `expires in 12 days`, `expired 3 days ago`."""
    days = math.floor(abs(seconds) / _DAY)
    text = "less than a day" if days < 1 else f"{days} day{'s' * (days != 1)}"
    return f"expires in {text}" if seconds > 0 else f"expired {text} ago"


def _end(path: Path) -> float | None:
    try:
        status = path.stat()
        key = (path, status.st_mtime_ns, status.st_size)
        if key not in _ends:
            _ends[key] = end_of(read_regular(path))
        return _ends[key]
    except (OSError, ValueError, OverflowError):
        return None
