"""The programs that run machines, and the processors that they run."""

from __future__ import annotations

import platform
import shutil

from machsh.drivers.driver import DriverContext
from machsh.drivers.qemu.record import AUTO, QemuRecord
from machsh.errors import MachshError

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_PACKAGES = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm"}
"""Processor -> Debian's package of its QEMU."""


def host_arch() -> str:
    """Return this computer's processor in QEMU's words, or the system's if QEMU has no guests for it."""
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine)


def arch_of(wanted: str) -> str:
    """Return the processor to use. Raises MachshError if there are no guests for this computer's own."""
    arch = host_arch() if wanted in ("", AUTO) else wanted
    if arch not in _ARCHITECTURES.values():
        raise MachshError(
            f"no guests are known for the processor {arch}", hint="emulate another one: --qemu-arch x86_64"
        )
    return arch


def program_of(record: QemuRecord, context: DriverContext) -> str:
    """Return the path of QEMU. Raises MachshError with the way to get it."""
    wanted = record.program or f"qemu-system-{record.arch}"
    found = shutil.which(wanted, path=context.environment.variables.get("PATH"))
    if found is None:
        raise MachshError(
            f"{wanted} is missing, which runs the machine", hint=f"install it: {install_command(record.arch)}"
        )
    return found


def install_command(arch: str) -> str:
    """Return how QEMU for a processor is installed."""
    return f"sudo apt install {_PACKAGES.get(arch, 'qemu-system')} qemu-utils, or: brew install qemu"
