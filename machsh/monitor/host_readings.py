"""The script that reads a host's load, memory and disk, and the parser of its output."""

from __future__ import annotations

from machsh.errors import MachshError
from machsh.monitor.machine_view import HostReading

END = b".\n"
MOST_LOAD = 1e6
MOST_BYTES = 16384
"""Size limit of one answer."""
SCRIPT = """
while read -r _; do
  cat /proc/loadavg
  grep -E '^(MemTotal|MemAvailable|MemFree):' /proc/meminfo
  df -Pk "$1" 2>/dev/null || df -Pk /
  echo .
done
"""
"""Answers each line of input once, and ends with the connection: nothing stays on the host."""


def words(data_folder: str) -> list[str]:
    """Return the command for a host whose engine keeps its data in this folder."""
    return ["sh", "-c", SCRIPT, "sh", data_folder or "/var/lib/docker"]


def host_reading(answer: bytes) -> HostReading:
    """Decode one answer of the script. Raises MachshError if it is something else."""
    lines = [line.split() for line in answer.decode("utf-8", "replace").splitlines()]
    sizes = {
        line[0].rstrip(":"): _kilobytes(line[1]) for line in lines if len(line) > 1 and line[0][:3] == "Mem"
    }
    disks = [line for line in lines if len(line) >= 6 and line[1].isdecimal()]
    try:
        load = float(lines[0][0])
        free = sizes.get("MemAvailable", sizes.get("MemFree", 0))
        total = sizes["MemTotal"]
        disk = disks[-1]
    except (LookupError, ValueError) as error:
        raise _malformed() from error
    if not 0 <= load < MOST_LOAD:
        raise _malformed()
    return HostReading(
        load, max(0, total - free), total, _kilobytes(disk[2]), _kilobytes(disk[2]) + _kilobytes(disk[3])
    )


def _malformed() -> MachshError:
    return MachshError("the host's answer is not a reading of /proc")


def _kilobytes(text: str) -> int:
    return int(text) * 1024 if text.isascii() and text.isdecimal() and len(text) < 16 else 0
