"""Chooses what runs the guest's instructions: the processor itself (kvm, hvf), or emulation (tcg)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from machsh.deadline import Deadline
from machsh.errors import MachshError
from machsh.process import child

TCG = "tcg"
NATIVE = {"linux": "kvm", "darwin": "hvf"}
"""Platform -> its accelerator."""
MACHINES = {"x86_64": "q35", "aarch64": "virt"}
"""Processor -> QEMU's machine."""
_PROBE_SECONDS = 10.0
_GREETING = b'{"execute":"qmp_capabilities"}{"execute":"quit"}'


@dataclass(frozen=True, slots=True)
class Choice:
    """The accelerator to use."""

    name: str
    reason: str = ""
    """Why it is not the processor itself; empty if it is, or if the user wanted emulation."""

    @property
    def emulates(self) -> bool:
        """Whether every instruction is emulated, which is slow."""
        return self.name == TCG


def machine(arch: str) -> str:
    """Return QEMU's machine for a processor."""
    return MACHINES[arch]


def choose(wanted: str, program: str, arch: str, *, platform: str, host_arch: str) -> Choice:
    """Return the wanted accelerator, or for `auto` the fastest that works.

    Raises MachshError if the wanted one does not work.
    """
    if wanted == TCG:
        return Choice(TCG)
    native = NATIVE.get(platform, "")
    if wanted not in ("auto", native):
        raise MachshError(f"the accelerator {wanted} is not of this system", hint="use auto")
    if arch != host_arch:
        reason = f"a processor {arch} on {host_arch}"
    else:
        reason = probe(native, program, arch) if native else f"no accelerator is known on {platform}"
    if not reason:
        return Choice(native)
    if wanted != "auto":
        raise MachshError(f"the accelerator {native} does not work here: {reason}", hint=remedy(reason))
    return Choice(TCG, reason)


def probe(name: str, program: str, arch: str) -> str:
    """Return why an accelerator does not work, empty if it does.

    Only QEMU itself can tell: it makes a machine with it, and ends. `/dev/kvm` alone says little: inside a
    virtual machine it may be there and lack what QEMU needs.
    """
    line = [program, "-accel", name, "-cpu", "host", "-machine", machine(arch), "-m", "64"]
    line += ["-nodefaults", "-no-user-config", "-display", "none", "-S", "-qmp", "stdio"]
    deadline = Deadline.after(_PROBE_SECONDS)
    process = child.start(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        said = process.communicate(_GREETING, timeout=deadline.remaining)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"QEMU did not answer within {deadline.limit}"
    if process.returncode == 0:
        return ""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    if not lines:
        return f"QEMU ended with code {process.returncode}"
    start, _, rest = lines[0].partition(": ")
    return rest if start.endswith(program.rpartition("/")[2]) else lines[0]


def remedy(reason: str) -> str:
    """Return the command that helps when an accelerator does not work for this reason; empty if unknown."""
    if "denied" in reason.lower():
        return "let your user use it: sudo usermod -aG kvm $USER, then log in again"
    if "no such file" in reason.lower():
        return (
            "load its module: sudo modprobe kvm_intel or kvm_amd; or switch virtualisation on in the firmware"
        )
    return ""
