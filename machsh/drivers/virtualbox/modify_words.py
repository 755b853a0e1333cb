"""The words of `createvm` and `modifyvm` that make a VM: docker-machine's, and those of modern guests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from machsh.drivers.virtualbox import host_computer
from machsh.drivers.virtualbox.hypervisors.vbox_version import VBoxVersion
from machsh.drivers.virtualbox.record import NIC_TYPE, VirtualBoxRecord
from machsh.errors import MachshError

CONTROLLER = "SATA"
ARM64 = "arm64"
MOUNT_PROPERTIES = (
    "/VirtualBox/GuestAdd/SharedFolders/MountPrefix",
    "/VirtualBox/GuestAdd/SharedFolders/MountDir",
)
"""Guest properties, both `/`: the guest's own service then mounts shares in the root folder."""


def create_words(record: VirtualBoxRecord, folder: Path, arch: str, version: VBoxVersion) -> list[str]:
    """Return the words of `createvm`. Raises MachshError if VirtualBox has no guests for the processor."""
    words = ["createvm", "--basefolder", str(folder), "--name", record.machine_name, "--register"]
    if arch != ARM64:
        return words
    if not version.has_arm_guests:
        raise MachshError(
            "This VirtualBox has no guests for ARM processors", hint="install VirtualBox 7.1 or newer"
        )
    return [*words, "--platform-architecture", "arm"]


def hardware_words(record: VirtualBoxRecord, arch: str, boot: str) -> list[str]:
    """Return docker-machine's options of the first `modifyvm`; `boot` is `dvd` or `disk`.

    All versions from 4.3 to 7.2 take them: 7.0 renamed many, and keeps the old names. ARM machines have
    neither a BIOS nor most of the others.
    """
    common = ["--cpus", str(host_computer.cpu_count(record.cpu)), "--memory", str(record.memory)]
    dns = [
        *("--natdnshostresolver1", "on" if record.host_dns_resolver else "off"),
        *("--natdnsproxy1", "on" if record.dns_proxy else "off"),
    ]
    if arch == ARM64:
        return ["--firmware", "efi", "--ostype", "Linux26_arm64", *common, *dns, "--boot1", boot]
    return [
        *("--firmware", "bios", "--bioslogofadein", "off", "--bioslogofadeout", "off"),
        *("--bioslogodisplaytime", "0", "--biosbootmenu", "disabled", "--ostype", "Linux26_64"),
        *common,
        *("--acpi", "on", "--ioapic", "on", "--rtcuseutc", "on"),
        *dns,
        *("--cpuhotplug", "off", "--pae", "on", "--hpet", "on", "--hwvirtex", "on", "--nestedpaging", "on"),
        *("--largepages", "on", "--vtxvpid", "on", "--accelerate3d", "off", "--boot1", boot),
    ]


def nat_words(record: VirtualBoxRecord, arch: str) -> list[str]:
    """Return the options of the first adapter."""
    # ARM machines have no e1000; a user's own choice counts everywhere.
    kind = "virtio" if arch == ARM64 and record.nat_nic_type == NIC_TYPE else record.nat_nic_type
    return ["--nic1", "nat", "--nictype1", kind, "--cableconnected1", "on"]


def loopback_words() -> list[str]:
    """Return the options that let the guest reach this computer's loopback address, by the NAT's gateway."""
    return ["--nat-localhostreachable1", "on"]


def console_words(path: Path) -> list[str]:
    """Return the options of the first serial port, whose output goes into a file."""
    return ["--uart1", "0x3F8", "4", "--uartmode1", "file", str(path)]


def controller_words(vm: str) -> list[str]:
    """Return the words of `storagectl`."""
    return ["storagectl", vm, "--name", CONTROLLER, "--add", "sata", "--hostiocache", "on"]


def attach_words(vm: str, port: int, kind: str, medium: Path) -> list[str]:
    """Return the words of `storageattach`: the DVD is at port 0, the disk at port 1."""
    where: Sequence[str] = ("--storagectl", CONTROLLER, "--port", str(port), "--device", "0")
    return ["storageattach", vm, *where, "--type", kind, "--medium", str(medium)]
