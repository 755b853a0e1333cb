"""UEFI firmware for guests that have no other. PCs boot with the BIOS that QEMU brings along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from machsh.errors import MachshError

_CODE = {
    "aarch64": (
        "edk2-aarch64-code.fd",
        "/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd",
        "/usr/share/AAVMF/AAVMF_CODE.fd",
        "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
        "/usr/share/edk2/aarch64/QEMU_CODE.fd",
    )
}
"""Processor -> where distributions have its firmware. A bare name is looked for beside QEMU's own data."""
FLASH_MB = 64
"""Size of each of the two flash chips of the machine `virt`."""


def find(arch: str, program: Path) -> Path | None:
    """Return the firmware that a guest needs, None if it needs none. Raises MachshError if it is missing."""
    if arch not in _CODE:
        return None
    for place in places(_CODE[arch], program):
        if place.is_file():
            return place
    raise MachshError(
        f"there is no UEFI firmware for {arch} on this computer",
        hint="install it: sudo apt install qemu-efi-aarch64",
    )


def places(names: Sequence[str], program: Path) -> list[Path]:
    """Return where a firmware may be, for a QEMU at this path (a link or the program itself)."""
    shares = []
    for one in (program, program.resolve()):
        shares += [one.parent.parent / "share" / "qemu"]
    shares += [Path("/usr/share/qemu"), Path("/usr/local/share/qemu"), Path("/opt/homebrew/share/qemu")]
    folders = list(dict.fromkeys(shares))
    found: list[Path] = []
    for name in names:
        found += [Path(name)] if name.startswith("/") else [folder / name for folder in folders]
    return found
