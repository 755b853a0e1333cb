"""The qemu driver's fields in `config.json`, and its options of `create`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from machsh.drivers.driver import DriverRecord
from machsh.options import Kind, Option
from machsh.record import checked
from machsh.validators import COUNT, NAME, PATH, PORT, SECONDS, WORD, Rule

AUTO = "auto"
USER_NETWORK, BRIDGE = "user", "bridge"
CPUS, MEMORY_MB, DISK_MB = 2, 2048, 20000
SSH_USER = "machsh"
MAC = Rule("the address of a network card", lambda value: len(value) == 17 and value.count(":") == 5)


@dataclass
class QemuRecord(DriverRecord):
    """A virtual machine; its files are in the machine's folder, under names that never change."""

    cpu: int = checked(COUNT, CPUS)
    memory: int = checked(COUNT, MEMORY_MB)
    """In MB."""
    disk_size: int = checked(COUNT, DISK_MB)
    """In MB."""
    arch: str = checked(WORD)
    """`x86_64` or `aarch64`."""
    program: str = checked(PATH)
    """The QEMU that the user chose; empty for `qemu-system-ARCH` on the PATH."""
    accelerator: str = checked(WORD, AUTO)
    """What the user chose; `auto` is decided at every start."""
    image: str = checked(PATH)
    image_sha256: str = checked(WORD)
    network: str = checked(WORD, USER_NETWORK)
    bridge: str = checked(NAME)
    engine_port: int = checked(PORT, 0)
    """Port of this computer that is forwarded to the engine's port in the guest."""
    open_ports: list[str] | None = checked(WORD, None)
    """`HOSTPORT:GUESTPORT/tcp` or `/udp`."""
    shares: list[str] | None = checked(PATH, None)
    """`FOLDER:GUESTFOLDER`."""
    mac_address: str = checked(MAC)
    boot_seconds: int = checked(SECONDS, 0)
    """The user's limit for a boot; 0 leaves it to the driver."""

    names: ClassVar[dict[str, str]] = {
        **DriverRecord.names,
        "cpu": "CPU",
        "image_sha256": "ImageSHA256",
        "mac_address": "MACAddress",
    }


OPTIONS = (
    Option(
        "qemu-cpu-count",
        "Number of CPUs for the machine (-1 to use the number of CPUs available)",
        Kind.INT,
        CPUS,
        "QEMU_CPU_COUNT",
    ),
    Option("qemu-memory", "Size of memory for the machine in MB", Kind.INT, MEMORY_MB, "QEMU_MEMORY_SIZE"),
    Option("qemu-disk-size", "Size of disk for the machine in MB", Kind.INT, DISK_MB, "QEMU_DISK_SIZE"),
    Option(
        "qemu-image",
        "Guest image: a name of the catalog, a URL, or a file (default: the newest Ubuntu LTS known)",
        variable="QEMU_IMAGE",
        values="guest-image",
    ),
    Option(
        "qemu-image-sha256",
        "SHA-256 checksum that the image must have",
        variable="QEMU_IMAGE_SHA256",
    ),
    Option(
        "qemu-accelerator",
        "kvm, hvf or tcg, which emulates (default: the fastest that works here)",
        default=AUTO,
        variable="QEMU_ACCELERATOR",
        choices=(AUTO, "kvm", "hvf", "tcg"),
    ),
    Option(
        "qemu-arch",
        "Processor of the guest (default: this computer's)",
        default=AUTO,
        variable="QEMU_ARCH",
        choices=(AUTO, "x86_64", "aarch64"),
    ),
    Option(
        "qemu-program",
        "QEMU to run (default: qemu-system-ARCH on the PATH)",
        variable="QEMU_PROGRAM",
        values="file",
    ),
    Option(
        "qemu-network",
        "user forwards ports of this computer; bridge joins a bridge, too",
        default=USER_NETWORK,
        variable="QEMU_NETWORK",
        choices=(USER_NETWORK, BRIDGE),
    ),
    Option("qemu-bridge", "Bridge to join with --qemu-network bridge", default="br0", variable="QEMU_BRIDGE"),
    Option(
        "qemu-open-port",
        "Also forward a port of this computer to the guest: PORT or HOSTPORT:GUESTPORT, with /udp for UDP",
        Kind.LIST,
    ),
    Option(
        "qemu-share",
        "Share a folder of this computer with the guest: FOLDER or FOLDER:GUESTFOLDER",
        Kind.LIST,
        values="file",
    ),
    Option("qemu-ssh-user", "User to create in the guest", default=SSH_USER, variable="QEMU_SSH_USER"),
    Option(
        "qemu-boot-timeout",
        "Seconds that a boot may take (default: 180, emulated 600)",
        Kind.INT,
        0,
        "QEMU_BOOT_TIMEOUT",
    ),
)
