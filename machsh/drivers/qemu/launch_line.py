"""QEMU's command line, as a list of words. It runs in the machine's folder: files are bare names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from machsh.drivers.guest.loopback_ports import LOOPBACK
from machsh.drivers.guest.serial_log import CONSOLE
from machsh.drivers.qemu import accelerator, qemu_process
from machsh.drivers.qemu.forwarding import Forward

DISK, SEED, FLASH = "disk.qcow2", "seed.iso", "flash.qcow2"
DISK_NODE, FLASH_NODE = "disk", "flash"
BRIDGE_NODE = "net1"


@dataclass(frozen=True, slots=True)
class Share:
    """A folder of this computer that the guest mounts by its tag."""

    folder: str
    guest_folder: str
    tag: str


@dataclass(frozen=True, slots=True)
class Launch:
    """All that a launch line depends on."""

    program: str
    name: str
    arch: str
    accelerator: str
    cpus: int
    memory_mb: int
    mac: str
    forwards: tuple[Forward, ...] = ()
    shares: tuple[Share, ...] = ()
    bridge: str = ""
    """The bridge that a second network card joins; empty for none."""
    firmware: Path | None = None
    """UEFI code; the variables are in the file FLASH then."""


def escaped(value: str) -> str:
    """Return a value as QEMU's `key=value,...` options want it: a comma is written twice."""
    return value.replace(",", ",,")


def words(launch: Launch) -> list[str]:
    """Return the command line."""
    return [
        launch.program,
        *("-name", f"guest={escaped(launch.name)}"),
        *("-nodefaults", "-no-user-config", "-display", "none"),
        *_machine(launch),
        *_processor(launch),
        *("-m", str(launch.memory_mb)),
        *_disks(),
        *_network(launch),
        *("-device", "virtio-rng-pci"),
        *_shares(launch),
        *_console(),
        *("-qmp", f"unix:{qemu_process.MONITOR},server=on,wait=off"),
        *("-qmp", f"unix:{qemu_process.QUERIES},server=on,wait=off"),
        *("-pidfile", qemu_process.PID_FILE, "-daemonize"),
    ]


def second_mac(mac: str) -> str:
    """Return the address of the second network card: the first one's with its last number raised by one."""
    start, _, last = mac.rpartition(":")
    return f"{start}:{(int(last, 16) + 1) % 256:02x}"


def _processor(launch: Launch) -> list[str]:
    emulates = launch.accelerator == accelerator.TCG
    # With a thread for each processor, Linux panics in some boots ("Oops: int3"): while one processor patches
    # the kernel's code, another may still run what QEMU had translated before.
    accel = f"{launch.accelerator},thread=single" if emulates else launch.accelerator
    return ["-accel", accel, "-cpu", "max" if emulates else "host", "-smp", str(launch.cpus)]


def _machine(launch: Launch) -> list[str]:
    machine = accelerator.machine(launch.arch)
    if launch.firmware is None:
        return ["-machine", machine]
    file = escaped(str(launch.firmware))
    code = f"driver=raw,node-name=code,read-only=on,file.driver=file,file.filename={file}"
    # qcow2, because every disk that can be written must be able to hold a snapshot.
    flash = f"driver=qcow2,node-name={FLASH_NODE},file.driver=file,file.filename={FLASH}"
    return [
        *("-blockdev", code, "-blockdev", flash),
        *("-machine", f"{machine},pflash0=code,pflash1={FLASH_NODE}"),
    ]


def _disks() -> list[str]:
    disk = f"driver=qcow2,node-name={DISK_NODE},discard=unmap,file.driver=file,file.filename={DISK}"
    seed = f"driver=raw,node-name=seed,read-only=on,file.driver=file,file.filename={SEED}"
    return [
        *("-blockdev", disk, "-device", f"virtio-blk-pci,drive={DISK_NODE},bootindex=1"),
        *("-blockdev", seed, "-device", "virtio-blk-pci,drive=seed"),
    ]


def _network(launch: Launch) -> list[str]:
    forwards = [
        f"hostfwd={one.protocol}:{LOOPBACK}:{one.host_port}-:{one.guest_port}" for one in launch.forwards
    ]
    cards = [
        *("-netdev", ",".join(["user", "id=net0", *forwards])),
        *("-device", f"virtio-net-pci,netdev=net0,mac={launch.mac}"),
    ]
    if launch.bridge:
        cards += ["-netdev", f"bridge,id={BRIDGE_NODE},br={escaped(launch.bridge)}"]
        cards += ["-device", f"virtio-net-pci,netdev={BRIDGE_NODE},mac={second_mac(launch.mac)}"]
    return cards


def _shares(launch: Launch) -> list[str]:
    found: list[str] = []
    for share in launch.shares:
        # The guest's root writes as the user who runs QEMU, who cannot give files away.
        found += ["-fsdev", f"local,id={share.tag},path={escaped(share.folder)},security_model=none"]
        found += ["-device", f"virtio-9p-pci,fsdev={share.tag},mount_tag={share.tag}"]
    return found


def _console() -> list[str]:
    return ["-chardev", f"file,id=console,path={CONSOLE},append=on", "-serial", "chardev:console"]
