"""What a VM's own log, VBox.log, says about hardware virtualisation."""

from __future__ import annotations

from pathlib import Path

from machsh.errors import MachshError
from machsh.files import explain
from machsh.regular_file import read_regular

VTX_TEXT = "This computer doesn't have VT-X/AMD-v enabled. Enabling it in the BIOS is mandatory"
_RAW_MODE = "Falling back to raw-mode: VT-x is disabled in the BIOS for all CPU modes"
_SIGNS = (
    ("VT-x is disabled",),
    ("the host CPU does NOT support HW virtualization",),
    ("VERR_VMX_UNABLE_TO_START_VM",),
    ("Power up failed", "VERR_VMX_NO_VMX"),
)
LARGEST = 64 << 20


def read_log(path: Path) -> list[str]:
    """Return the log's lines. Raises MachshError."""
    try:
        return read_regular(path, LARGEST).decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise explain(error, path) from error


def last_line(path: Path) -> str:
    """Return the log's last line that is not blank; "" if it cannot be read."""
    try:
        lines = [line for line in read_log(path) if line.strip()]
    except MachshError:
        return ""
    return lines[-1] if lines else ""


def lacks_virtualization(lines: list[str]) -> bool:
    """Whether the log says that the processor's virtualisation is off; the signs are docker-machine's."""
    return any(
        all(part in line for part in sign) and _RAW_MODE not in line for line in lines for sign in _SIGNS
    )


def no_virtualization() -> MachshError:
    """Return the error for a processor without virtualisation, with docker-machine's text."""
    return MachshError(
        VTX_TEXT,
        hint="another driver needs none: -d docker; to try it all the same: --virtualbox-no-vtx-check",
    )
