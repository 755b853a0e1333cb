"""What the driver asks this computer itself: virtualisation, its processors, its networks."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.process.capture import capture
from machsh.regular_file import read_text

PROGRAM_SECONDS = 10.0
MOST_CPUS = 32
CPU_INFO = Path("/proc/cpuinfo")
NETWORKS = Path("/sys/class/net")
_UP, _LOOPBACK = 0x1, 0x8
_FIRMWARE_ENABLED = 21
"""Windows' PF_VIRT_FIRMWARE_ENABLED."""


def processor() -> str:
    """Return `amd64` or `arm64`, or the processor's own name."""
    name = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(name, name)


def cpu_count(wanted: int) -> int:
    """Return docker-machine's number of CPUs: below 1 all of this computer, and never more than 32."""
    return min(wanted if wanted >= 1 else os.cpu_count() or 1, MOST_CPUS)


def has_virtualization(environment: Environment) -> bool:
    """Whether the processor offers VT-x or AMD-V. True for an ARM processor, and where nothing can tell."""
    if processor() == "arm64":
        return True
    if environment.platform == "win32":
        return _windows_has_virtualization()
    if environment.platform == "darwin":
        return "VMX" in _output(["sysctl", "-n", "machdep.cpu.features"], environment, "VMX").split()
    try:
        flags = read_text(CPU_INFO)
    except OSError:
        return True
    return any({"vmx", "svm"} & set(line.split()) for line in flags.splitlines() if line.startswith("flags"))


def _windows_has_virtualization() -> bool:
    import ctypes

    windows = getattr(ctypes, "windll", None)
    # Under Hyper-V the processor's feature is hidden; the question about Hyper-V comes before this one.
    return windows is None or bool(windows.kernel32.IsProcessorFeaturePresent(_FIRMWARE_ENABLED))


def runs_hyper_v(environment: Environment) -> bool:
    """Whether Windows' own hypervisor runs, beside which VirtualBox cannot start 64-bit guests."""
    if environment.platform != "win32":
        return False
    if not shutil.which("vmms.exe", path=environment.variable("PATH")):
        return False
    powershell = [
        "powershell",
        "-NoProfile",
        "-Command",
        "(Get-CimInstance Win32_ComputerSystem).HypervisorPresent",
    ]
    answer = _output(["wmic", "computersystem", "get", "hypervisorpresent"], environment, "")
    # Newer Windows has no wmic.
    return "TRUE" in (answer or _output(powershell, environment, "")).upper()


def _output(words: list[str], environment: Environment, default: str) -> str:
    try:
        done = capture(words, environment.variables, PROGRAM_SECONDS)
    except MachshError:
        return default
    return done.stdout if done.code == 0 else default


def can_make_adapters(environment: Environment) -> bool:
    """Whether VirtualBox could make a host-only adapter: on Linux its kernel module must be loaded."""
    return environment.platform != "linux" or Path("/dev/vboxnetctl").exists()


def has_kernel_module(environment: Environment) -> bool:
    """Whether VirtualBox could start a VM: on Linux its kernel module must be loaded."""
    return environment.platform != "linux" or Path("/dev/vboxdrv").exists()


def networks() -> list[IPv4Interface]:
    """Return the IPv4 addresses of this computer's network interfaces that are up, without the loopback."""
    return [address for name, address in _addresses() if _counts(name) and not address.ip.is_loopback]


def _addresses() -> Iterator[tuple[str, IPv4Interface]]:
    import ifaddr

    for adapter in ifaddr.get_adapters():
        for address in adapter.ips:
            if isinstance(address.ip, str):
                yield (
                    adapter.name if isinstance(adapter.name, str) else "",
                    IPv4Interface(f"{address.ip}/{address.network_prefix}"),
                )


def _counts(name: str) -> bool:
    """Whether the interface is up. Only Linux has a file for it; elsewhere all with an address count."""
    try:
        flags = int(read_text(NETWORKS / name / "flags"), 16)
    except (OSError, ValueError):
        return True
    return bool(flags & _UP) and not flags & _LOOPBACK


def is_taken(network: IPv4Network, excluded: set[IPv4Interface]) -> bool:
    """Whether an interface of this computer, other than the excluded ones, has the same network address."""
    return any(
        one.network.network_address == network.network_address for one in networks() if one not in excluded
    )
